// SPDX-License-Identifier: BSD-3-Clause
// Name and password, checked for the page and for the API alike.
#pragma once

#include "hubapi/model/hub.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace berth::hub {

// The identity behind the credentials, when it may come in. Guessing is slowed down by name and by `peer` (an address):
// limit_exceeded then. Others: invalid_argument (no such name can exist), unauthenticated, denied, unavailable.
boost::asio::awaitable<result<auth::identity>> check_password(hub& h, std::string name, secret password, std::string peer);

} // namespace berth::hub
