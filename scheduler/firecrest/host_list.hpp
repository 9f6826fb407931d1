// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace berth::scheduler {

// The first host of a list in Slurm's form ("n[1-2,5]", "gpu[007-010],login1", "node3") or PBS's
// ("node1/0*4+node2/0*4"). "" for none: "", "None assigned", "(null)", or text that is no list.
std::string first_host(std::string_view list);

} // namespace berth::scheduler
