// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/services/restart_pace.hpp"

#include <algorithm>

namespace berth::hub {
namespace {

constexpr duration first = std::chrono::seconds(1), longest = std::chrono::seconds(60);
constexpr duration long_life = std::chrono::minutes(1);

} // namespace

duration restart_pace::after(duration lived) {
    if (lived >= long_life) next_ = first;
    const auto now = next_;
    next_ = std::min(longest, next_ * 2);
    return now;
}

} // namespace berth::hub
