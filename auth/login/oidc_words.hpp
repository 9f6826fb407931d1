// SPDX-License-Identifier: BSD-3-Clause
// What a callback, an id_token and a logout token say: judged without asking anybody. Private to the room.
#pragma once

#include "auth/login/oidc.hpp"

namespace berth::auth {

// A failure as the page shows it, and what the operator should read in the log ("" when nothing is wrong
// with the settings).
struct refusal {
    failure shown;
    std::string for_the_log;
};

// RFC 9207: the issuer named in the callback.
std::optional<failure> wrong_issuer(const oidc_callback& said, const provider_metadata& provider);
// error=... instead of a code.
refusal read_callback_error(const oidc_callback& said);
// The code was not taken, or the tokens could not be had.
refusal read_exchange_failure(const failure& f);

// What one token lacks of what the settings ask for.
bool is_complete(const oidc_settings& s, const claims& about);
// denied when the claims hold no usable name.
result<oidc_arrival> read_arrival(const oidc_settings& s, const claims& about);
// OpenID Connect Core 3.1.3.7, 3 to 5, beyond what every token is checked for.
std::optional<failure> wrong_party(const oidc_settings& s, const claims& id_token);

// The claims of a verified logout token (Back-Channel Logout 1.0 section 2.6, 3 to 7).
result<oidc_sign_in::ended_sessions> read_logout_claims(const claims& c, time_point now);

} // namespace berth::auth
