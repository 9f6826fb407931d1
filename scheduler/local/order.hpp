// SPDX-License-Identifier: BSD-3-Clause
// What the hub and the launcher say to each other.
//
//   order  = {"dir", "argv", "env", "cwd", "make_cwd", "grace_ms", "user"}  on the launcher's standard input,
//   or as the arguments of the verb
//            "start" of the helper protocol (daemon/runtime/helper_process.hpp). It holds secrets: it is
//            never written to a file.
//   answer = {"ok": {"pid": N}}  |  {"error": {"code": "not_found", "message": "..."}}
#pragma once

#include "daemon/runtime/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace berth::scheduler {

struct launch_order {
    std::string dir;               // the job's state directory, absolute; exists
    std::vector<std::string> argv; // argv[0] is looked up in the PATH of `env`
    std::map<std::string, std::string> env;
    std::string cwd;      // absolute
    bool make_cwd = true; // 0700, when it is missing
    int grace_ms = 5000;  // from SIGTERM to SIGKILL
    std::string user;     // the account to run as; only the privileged helper takes one, "" is its own
};

nlohmann::json to_json(const launch_order& o);
// invalid_argument when a part is missing or of a wrong type.
result<launch_order> order_from_json(const nlohmann::json& j);

nlohmann::json answer_to_json(const result<pid_t>& answer);
// outcome_unknown for what is no answer.
result<pid_t> answer_from_json(const nlohmann::json& j);

} // namespace berth::scheduler
