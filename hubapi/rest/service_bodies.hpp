// SPDX-License-Identifier: BSD-3-Clause
// What POST /hub/api/services/{service} is sent.
#pragma once

#include "daemon/runtime/secret.hpp"
#include "hubapi/model/hub.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace berth::hub {

struct new_service {
    service what;
    secret token; // "" where it gets none
};

// invalid_argument names the member and what is wrong with it. A service that the hub would have to start is refused.
result<new_service> read_new_service(const hub& h, const std::string& name, const nlohmann::json& body);

// Nobody gives what they do not have: neither by the roles that the service will bear nor by what its users' tokens may do.
// invalid_argument, as in JupyterHub.
result<void> may_give(const hub& h, const principal& caller, const service& s);

} // namespace berth::hub
