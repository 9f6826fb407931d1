// SPDX-License-Identifier: BSD-3-Clause
// `berth check` of the provider. Private to the room.
#pragma once

#include "auth/provider/identity_provider.hpp"

namespace berth::auth {

// Everything outlives the call.
boost::asio::awaitable<std::vector<provider_finding>>
check_provider(identity_provider& provider, http_client& http, clock& time, const provider_settings& settings,
               oauth_client_login client, std::string redirect_uri);

} // namespace berth::auth
