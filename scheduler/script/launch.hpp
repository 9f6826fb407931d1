// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "scheduler/job.hpp"
#include "scheduler/script/template.hpp"

#include <string>

namespace berth::scheduler {

// The lines that start the single-user server and leave its exit code in $berth_status. A command that is not
// there is told in the job's log (127). `batchspawner-singleuser` finds and reports its own port; for every
// other command Berth's launcher does it.
std::string launch_block(const job_spec& spec, const script_settings& settings);

} // namespace berth::scheduler
