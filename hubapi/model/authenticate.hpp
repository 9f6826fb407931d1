// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/request.hpp"
#include "hubapi/model/hub.hpp"

#include <optional>

namespace berth::hub {

// Who sends the request, by `Authorization: token|bearer T` or else by the browser session's cookie; nothing for nobody,
// also when a token is there that is no good (a cookie beside it is not tried). Marks token and user as used, except
// for the calls of single-user servers' own tokens. The answer is a value; its scopes are
// those of this moment.
std::optional<principal> authenticate(hub& h, const http::request& r);

// By the cookie alone, as pages and the OAuth consent want it.
std::optional<principal> authenticate_cookie(hub& h, const http::request& r);

// True when the request carries a token in its Authorization header: then no XSRF check is due.
bool has_token(const http::request& r);

// Before a request is answered: a token that looks like the identity provider's is verified where service accounts may use
// theirs, so that `authenticate` knows it. Costs nothing for any other request. `r` outlives the call.
boost::asio::awaitable<void> verify_bearer(hub& h, const http::request& r);

} // namespace berth::hub
