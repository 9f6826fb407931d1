// SPDX-License-Identifier: BSD-3-Clause
// Whether what the hub gives as the reason for a server's end is so, in the world's truth.
#pragma once

#include "tests/simulation/hub_process.hpp"

namespace berth::simulation {

struct claim {
    std::string attempt, sentence;
};

// "" when it may stand, else what is wrong with it.
std::string refuted(const claim& c, const outside& o, const scheduler::spawner* servers);

} // namespace berth::simulation
