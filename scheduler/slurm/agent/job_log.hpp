// SPDX-License-Identifier: BSD-3-Clause
// Where a job writes: <home>/.berth/<job name>.log, made and read with the user's own rights.
#pragma once

#include "daemon/runtime/result.hpp"
#include "scheduler/slurm/agent/account.hpp"

#include <string>

namespace berth::slurm_agent {

// Checks as the user that the home directory is there (Slurm would silently run the job in /tmp), makes the
// log's directory (0700) and the empty log (0600), and removes all but the newest logs with the same prefix.
// Returns the log's path. When this process cannot act as the user only the path beside the home's files is
// returned, unchecked.
result<std::string> prepare_log(const settings& s, const account& a, const std::string& job_name);

// Takes away the empty log of a job that Slurm refused.
void discard_log(const account& a, const std::string& log);

} // namespace berth::slurm_agent
