// SPDX-License-Identifier: BSD-3-Clause
// Jobs as FirecREST tells of them: Slurm's and PBS's words, and what its merging of sacct and squeue makes of
// a young job.
#pragma once

#include "daemon/runtime/result.hpp"
#include "scheduler/job.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace berth::scheduler {

struct job_row {
    job_status status; // without an address
    bool unnamed =
        false; // the accounting does not know it yet: its name is none ("allocation"), its id is right
};

// The body of GET jobs and GET jobs/{id}. `unavailable` when it is not what such an answer looks like.
result<std::vector<job_row>> read_jobs(std::string_view body);

// "CANCELLED by 4802", "R": over, running or queued. A word that is not known is `queued` before a job has
// begun to run and `running` afterwards: never an end.
job_phase phase_of_state(std::string_view state, bool has_started);

} // namespace berth::scheduler
