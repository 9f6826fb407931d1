// SPDX-License-Identifier: BSD-3-Clause
// Which credential a user's spawn needs ([[credentials.rule]]). Pure.
#pragma once

#include "daemon/runtime/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace berth::auth {

enum class credential_policy {
    require,            // a fresh access token of the user's own, or no spawn
    attempt,            // "try": one if it can be had, else without, and it is said
    none,               // never asked for
    client_credentials, // the token of the service account that the user is bound to, or no spawn
};
std::string_view to_string(credential_policy p); // as the configuration writes it: "require", "try", ...

// match: "*", "service_account", "user:NAME", "group:NAME", "role:NAME", or a bare NAME for a user.
struct credential_rule {
    std::string match;
    credential_policy policy = credential_policy::none;
};
// invalid_argument naming what is allowed.
result<credential_rule> parse_credential_rule(std::string_view match, std::string_view policy);

struct rule_subject {
    std::string user;
    std::vector<std::string> groups, roles;
    bool service_account = false;
};
// The first that matches wins. None: client_credentials for a service account, else `otherwise`.
credential_policy find_policy(const std::vector<credential_rule>& rules, const rule_subject& who,
                              credential_policy otherwise);

} // namespace berth::auth
