// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/cluster_tokens.hpp"

namespace berth::hub {
namespace asio = boost::asio;

asio::awaitable<result<secret>> cluster_tokens::token_of(std::string user) {
    const auto* u = who_.find(user);
    if (!u) co_return fail(errc::not_found, "there is no user " + user);
    auto got = co_await credentials_.access_of(u->id);
    if (!got) co_return fail(got.error());
    co_return std::move(got->token);
}

void cluster_tokens::distrust(std::string_view user, const secret& refused) {
    if (const auto* u = who_.find(user)) credentials_.distrust(*u, refused);
}

} // namespace berth::hub
