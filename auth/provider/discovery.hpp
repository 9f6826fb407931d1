// SPDX-License-Identifier: BSD-3-Clause
// What a provider says of itself (OpenID Connect Discovery 1.0). Pure; private to the room.
#pragma once

#include "auth/provider/identity_provider.hpp"

namespace berth::auth {

struct discovered {
    provider_metadata addresses;
    bool secret_in_body = false; // client_secret_basic is not offered, client_secret_post is
};

// True when the settings name all that a sign-in cannot do without.
bool is_complete(const provider_settings& s);
std::string discovery_url(const provider_settings& s);
// The settings alone.
discovered given_by_hand(const provider_settings& s);
// The document and the settings together. denied, with what to change, when the document is of another issuer
// or lacks an address; unavailable when the answer is none of a provider.
result<discovered> read_discovery(const provider_settings& s, const http_answer& answer);

} // namespace berth::auth
