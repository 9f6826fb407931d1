// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <string_view>

namespace berth::scheduler {

// What a template may name. Lists: directives, options.
inline constexpr std::array<std::string_view, 25> template_names{
    "job_name",   "user",     "cmd",      "partition", "account", "qos",         "reservation",
    "constraint", "gres",     "nodes",    "nprocs",    "cpus",    "memory",      "runtime",
    "srun",       "options",  "prologue", "epilogue",  "launch",  "environment", "directives",
    "path",       "work_dir", "log_file", "ports"};

} // namespace berth::scheduler
