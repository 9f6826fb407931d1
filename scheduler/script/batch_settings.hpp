// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "scheduler/job.hpp"
#include "scheduler/script/template.hpp"

namespace berth::scheduler {

// What every cluster with batch scripts has, and what of it may change while the hub runs.
struct batch_settings {
    job_template script = builtin_template(); // key `script`
    script_settings launch;                   // key `port_range`
    job_fields defaults;                      // what check() looks at
};

} // namespace berth::scheduler
