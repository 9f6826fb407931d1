// SPDX-License-Identifier: BSD-3-Clause
// What `berth check` says of a Slurm cluster, made from the agent's answers.
#pragma once

#include "daemon/runtime/result.hpp"
#include "scheduler/backend.hpp"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace berth::scheduler {

finding silent_agent(const failure& f);
// With nobody's token: the cluster may be well, and nobody can say so before a user starts something.
finding not_asked(const failure& f);
std::vector<finding> about_controller(const nlohmann::json& hello, bool user_tokens);
std::vector<finding> about_partitions(const nlohmann::json& nodes, const job_fields& defaults);

} // namespace berth::scheduler
