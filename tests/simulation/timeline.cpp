// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/timeline.hpp"

#include <fmt/format.h>

namespace berth::simulation {

bool timeline::step() {
    if (next() > now_) return false;
    auto first = events_.extract(events_.begin());
    first.mapped()();
    return true;
}

void timeline::write(std::string line) {
    const auto start = timeline(false).now_;
    lines_.push_back(fmt::format("{:10.3f}  {}", std::chrono::duration<double>(now_ - start).count(), line));
}

} // namespace berth::simulation
