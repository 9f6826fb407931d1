// SPDX-License-Identifier: BSD-3-Clause
// Where a browser says that a request comes from. Private to the room.
#pragma once

#include "daemon/http/request.hpp"

#include <string_view>

namespace berth::auth {

// True when Sec-Fetch-Site, or without it the Origin, names another origin than the request's host or
// `public_url`. Programs send neither, and a page may hide its origin ("null"): that is false, and left to
// the token.
bool is_cross_origin(const http::request& r, std::string_view public_url);

} // namespace berth::auth
