// SPDX-License-Identifier: BSD-3-Clause
// One question to PAM. Blocks; runs in a child of berth-pam-helper that ends with it.
#pragma once

#include "daemon/runtime/result.hpp"

#include <string>
#include <vector>

namespace berth::auth {

struct pam_settings {
    std::string service;
    std::string folder; // of service files; empty: the system's
};

struct pam_identity {
    std::string name; // as PAM has it after its modules ran
    std::vector<std::string> groups;
};

// unauthenticated: wrong name or password. denied: right, but the account has expired or needs a new
// password. unavailable: PAM could not find out, in its own words. No text holds the password.
result<pam_identity> ask_pam(const pam_settings& settings, const std::string& name,
                             const std::string& password);

} // namespace berth::auth
