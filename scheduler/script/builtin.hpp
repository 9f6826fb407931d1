// SPDX-License-Identifier: BSD-3-Clause
// The shell that Berth itself brings to a job.
#pragma once

#include <string_view>

namespace berth::scheduler {

// The template used where the cluster names none.
extern const std::string_view builtin_script;

// Functions of Berth's own launcher: berth_choose_port LOW HIGH, berth_tell_hub PORT, berth_listen_on PORT.
extern const std::string_view launcher_functions;

} // namespace berth::scheduler
