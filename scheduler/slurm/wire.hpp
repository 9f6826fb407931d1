// SPDX-License-Identifier: BSD-3-Clause
// The agent's JSON (agent/verbs.hpp) and the scheduler's values.
#pragma once

#include "daemon/runtime/result.hpp"
#include "scheduler/backend.hpp"
#include "scheduler/job.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace berth::scheduler {

// Holds the environment: not for logs.
nlohmann::json submit_arguments(const job_spec& spec, const std::string& script);
nlohmann::json cancel_arguments(const job_ref& job);

struct slurm_listing {
    bool unchanged = false;
    std::int64_t last_update = 0;
    std::vector<job_status> jobs;
};

// internal when the agent's answer is not what it should be.
result<slurm_listing> read_listing(const nlohmann::json& answer);
result<submitted> read_submitted(const nlohmann::json& answer);

} // namespace berth::scheduler
