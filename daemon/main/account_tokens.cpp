// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/account_tokens.hpp"

#include "daemon/main/identity_side.hpp"

#include <fmt/format.h>

namespace berth::config {

account_tokens::account_tokens(boost::asio::any_io_executor executor, http_client& http, clock& time, logger& log, const configuration& c)
    : provider_(auth::make_identity_provider(http, time, log, provider_settings_of(c))),
      accounts_(std::move(executor), time, log, *provider_, c.service_accounts, c.credentials.refresh_margin) {}

boost::asio::awaitable<result<secret>> account_tokens::token_of(std::string user) {
    if (!accounts_.has(user)) co_return fail(errc::not_found, fmt::format("{} is no [[service_account]]", user));
    auto got = co_await accounts_.fresh(std::move(user), std::chrono::seconds(60));
    if (!got) co_return fail(got.error());
    co_return std::move(got->token);
}

} // namespace berth::config
