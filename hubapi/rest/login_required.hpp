// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/response.hpp"
#include "hubapi/model/hub.hpp"

#include <string>
#include <string_view>

namespace berth::hub {

// 403 {"status", "message", "reason": "login_required", "credential": the provider's name, "login_url"}: what programs are told when
// an operation needs a sign-in of `user` at the identity provider. The address leads on to the spawn page of `server`; it is
// absolute where public_url is configured.
http::response login_required_answer(hub& h, std::string_view user, std::string_view server, const failure& why);

} // namespace berth::hub
