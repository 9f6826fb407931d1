// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "auth/credentials/service_accounts.hpp"
#include "daemon/main/configuration.hpp"
#include "daemon/runtime/http_client.hpp"
#include "scheduler/token_source.hpp"

#include <memory>

namespace berth::config {

// Tokens of the service accounts alone, without a hub and its database: for `berth check`. What it is given outlives it.
class account_tokens final : public scheduler::token_source {
  public:
    account_tokens(boost::asio::any_io_executor executor, http_client& http, clock& time, logger& log, const configuration& c);
    boost::asio::awaitable<result<secret>> token_of(std::string user) override;
    void distrust(std::string_view user, const secret& refused) override { accounts_.distrust(user, refused); }
    boost::asio::awaitable<void> shut_down() { return accounts_.shut_down(); }

  private:
    std::unique_ptr<auth::identity_provider> provider_;
    auth::service_accounts accounts_;
};

} // namespace berth::config
