// SPDX-License-Identifier: BSD-3-Clause
// What a job tells of its server: {"port": N, "host": "..."}.
#pragma once

#include "daemon/runtime/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace berth::hub {

struct reported_address {
    int port = 0;
    std::string host; // an address or a host name; may be empty
};

// `body` is an object; keys besides the two are not looked at. invalid_argument says which is wrong.
result<reported_address> read_reported_address(const nlohmann::json& body);

} // namespace berth::hub
