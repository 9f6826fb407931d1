// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/secret.hpp"

#include <optional>
#include <string>

namespace berth::auth {
class oidc_sign_in;
class service_accounts;
class user_credentials;
} // namespace berth::auth

namespace berth::hub {

class order_shelf;
class spawn_credentials;

// What the hub has of the identity provider, made in daemon/main; null is what the configuration has no use for. They
// outlive the handlers.
struct identity_parts {
    auth::oidc_sign_in* sign_in = nullptr;
    auth::user_credentials* credentials = nullptr;
    auth::service_accounts* accounts = nullptr;
    spawn_credentials* spawns = nullptr; // these two are never null in a running hub
    order_shelf* shelf = nullptr;
    std::string provider_name = "identity provider"; // for people: "sso.example.org"
    bool logout_at_provider = false;
    std::string callback_url; // absolute: /hub/oauth_callback, the one address that is registered at the provider
    std::string groups_claim; // where it is told, an account's groups are exactly those
    // [login] method "header": the request header with the name of who a trusted proxy has signed in; "" otherwise.
    std::string user_header, groups_header;
};

} // namespace berth::hub
