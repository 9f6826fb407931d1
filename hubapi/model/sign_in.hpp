// SPDX-License-Identifier: BSD-3-Clause
// How somebody becomes a signed-in user: for the pages, the API and the identity provider alike.
#pragma once

#include "hubapi/model/hub.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace berth::hub {

// The identity behind the credentials, when it may come in. Guessing is slowed down by name and by `peer` (an address):
// limit_exceeded then. Others: invalid_argument (no such name can exist), unauthenticated, denied, unavailable.
boost::asio::awaitable<result<auth::identity>> check_password(hub& h, std::string name, secret password, std::string peer);

// What is known of who signs in besides the name.
struct arrival {
    auth::identity who;
    bool admin = false;       // by a claim
    bool groups_told = false; // then the account is a member of exactly these groups
    std::vector<std::string> roles = {}; // by a claim: of the configuration's, the account bears exactly these
};
// The account's id of who may come in; made at the first sign-in. denied for who may not.
boost::asio::awaitable<result<std::int64_t>> account_of(hub& h, arrival a);

} // namespace berth::hub
