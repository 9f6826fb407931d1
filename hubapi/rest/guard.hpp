// SPDX-License-Identifier: BSD-3-Clause
// Who may call an API handler.
#pragma once

#include "auth/scopes/scopes.hpp"
#include "daemon/http/router.hpp"
#include "hubapi/model/hub.hpp"

#include <initializer_list>
#include <optional>
#include <string_view>

namespace berth::hub {

// An API handler behind authentication. Owns its request and principal; `h` outlives every request.
using api_handler = boost::asio::awaitable<http::response> (*)(hub& h, principal caller, http::request r);

// Registers a handler that answers 403 by itself where nobody is signed in, where a cookie comes without XSRF token
// (hub contract 4.4), or with a body that is not JSON.
void add_api(http::router& routes, hub& h, std::string_view method, std::string_view pattern, api_handler handler);

// Nothing when one of the scopes covers the target. Otherwise the answer: 403 when the caller has none of them at all,
// 404 when they are filtered away from this target (no telling whether it exists).
std::optional<http::response> refuse(hub& h, const principal& caller, std::initializer_list<std::string_view> any_of,
                                     const auth::target& t);
// The same for lists, which leave out what the caller may not see: any reach will do. Never for what changes something.
std::optional<http::response> refuse(hub& h, const principal& caller, std::initializer_list<std::string_view> any_of);

} // namespace berth::hub
