// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

namespace berth::scheduler {

// Whether a job that is pending for this reason (Slurm's word) will not start however long one waits: the
// request itself is more than the partition, association or QOS ever allows. Limits that other jobs' ends
// free again, down partitions, held jobs and missing nodes are waiting.
bool never_starts(std::string_view reason);

} // namespace berth::scheduler
