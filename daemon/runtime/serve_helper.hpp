// SPDX-License-Identifier: BSD-3-Clause
// The side of a helper (see helper_process.hpp for the protocol) that the privileged program runs. CMake
// target berth_helper_main: without Asio and curl.
#pragma once

#include "daemon/runtime/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <string>

namespace berth {

// A plain blocking loop, one forked child per request, killed with its process group at the request's
// deadline (its caller then gets outcome_unknown). At most `max_children` at once; further requests wait, and
// are answered `unavailable` when their deadline passes before their turn. Returns (0) when standard input is
// closed and the children that were running have ended or met their deadlines. `handle` runs in the child:
// what it returns is the answer; it may crash or call exit(). What it throws is answered as `internal`.
using helper_handler =
    std::function<result<nlohmann::json>(const std::string& verb, const nlohmann::json& arguments)>;
int serve_helper(const helper_handler& handle, int max_children);

} // namespace berth
