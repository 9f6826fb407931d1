// SPDX-License-Identifier: BSD-3-Clause
// API tokens that people and programs ask for, by API and by page: the checks, in one place.
#pragma once

#include "hubapi/model/hub.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <vector>

namespace berth::hub {

struct token_order {
    std::int64_t user_id = 0;               // the owner
    std::string note;
    // At most one of them. None: the role "token" (everything the owner may). Empty: who its owner is, and no more.
    std::optional<std::vector<std::string>> scopes, roles;
    std::optional<std::chrono::seconds> expires_in;
};

// Returns when the token is durable. invalid_argument: a scope or role that does not exist, scopes that the owner does
// not hold (named), both scopes and roles.
boost::asio::awaitable<result<auth::token_store::issued>> create_token(hub& h, token_order order);

// An OAuth token takes all tokens of its client and user with it, as signing out of an application does.
boost::asio::awaitable<result<void>> revoke_token(hub& h, std::int64_t id);

} // namespace berth::hub
