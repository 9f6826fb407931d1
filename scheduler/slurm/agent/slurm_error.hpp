// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"

#include <string>

namespace berth::slurm_agent {

// What a failed libslurm call (its errno) tells of a request that would have changed something: refused (with
// Slurm's words), unavailable (nothing was sent) or outcome_unknown.
failure action_failure(int slurm_errno);

// The same for a request that changes nothing: whatever did not arrive is unavailable. unauthenticated:
// slurmctld has dropped the connection of somebody's token, which is all that it does about a bad one.
failure question_failure(int slurm_errno);

// The job_fields name that a refusal is about; "" when it is about none in particular.
std::string refused_field(int slurm_errno);

} // namespace berth::slurm_agent
