// SPDX-License-Identifier: BSD-3-Clause
// What the spawner and every back end say to each other about a job. Values only.
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/secret.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace berth::scheduler {

// What a job asks for; nothing set: the cluster's own default. Text fields have been validated
// (script/options.hpp): they hold no control characters, and are still quoted by construction wherever they
// meet a script.
struct job_fields {
    std::optional<std::string> partition, account, qos, reservation, constraint, gres;
    std::optional<int> nodes;               // >= 1
    std::optional<int> nprocs;              // tasks, >= 1
    std::optional<int> cpus;                // per task, >= 1
    std::optional<std::int64_t> memory_mib; // per node
    std::optional<std::chrono::seconds> runtime;
    std::optional<std::string> srun;  // the launcher before the command, e.g. "srun"; "" runs it directly
    std::vector<std::string> options; // further #SBATCH lines' content, from the administrator only
    std::optional<std::string> prologue, epilogue; // shell, from the administrator only
    bool operator==(const job_fields&) const = default;
};

// What a back end is asked to start. Holds secrets in `environment` and `credential`: never logged.
struct job_spec {
    std::string job_name;             // unique per attempt; how a job is found again when the answer was lost
    std::string user;                 // the account it runs as
    std::vector<std::string> command; // argv of the single-user server
    std::map<std::string, std::string> environment;
    job_fields fields;
    secret credential; // the user's OAuth access token, where the cluster wants one
};

struct submitted {
    std::string job_id;
    std::string warning; // the scheduler's own words when it accepted with a reservation; may be empty
};

// `unknown`: nobody could be asked about this one, while others were answered for. It is no news, good or
// bad.
enum class job_phase { queued, running, over, unknown };

// One job as the scheduler tells of it.
struct job_status {
    std::string job_id, job_name, user;
    job_phase phase = job_phase::queued;
    std::string state;         // the scheduler's word: "PENDING", "RUNNING", "OUT_OF_MEMORY", "exited"
    std::string reason;        // its reason word: "Resources", "QOSMaxJobsPerUserLimit"; "" when none
    bool never_starts = false; // queued for a reason that waiting will not cure (PartitionTimeLimit, ...)
    std::optional<time_point> expected_start, started, ends_at, ended;
    std::string node;        // its name
    std::string address;     // how the hub reaches it: an address or host name; "" while not running
    std::optional<int> port; // where the back end chose it (local processes)
    std::optional<int> exit_code, signal; // once over, where known
    int restarts = 0;
    bool operator==(const job_status&) const = default;
};

} // namespace berth::scheduler
