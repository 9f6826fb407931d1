// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/common/breaker.hpp"

#include <algorithm>

namespace berth::scheduler {
namespace {

using namespace std::chrono_literals;
constexpr int tolerated = 1;
constexpr duration first_pause = 2s, shortest_wish = 1s, longest_wish = 5min;

} // namespace

result<void> breaker::may_call(time_point now) {
    if (now < paused_until_) return fail(errc::unavailable, words_);
    if (failures_ <= tolerated) return {};
    if (now < open_until_) return fail(errc::unavailable, words_);
    open_until_ = now + bounds_.one_try; // for the others, while this one tries
    return {};
}

void breaker::failed(time_point now, const std::string& words) {
    words_ = words;
    const int beyond = ++failures_ - tolerated - 1;
    if (beyond < 0) return;
    open_until_ = now + std::min(bounds_.longest_pause, first_pause * (1 << std::min(beyond, 5)));
}

void breaker::pause(time_point now, duration how_long, const std::string& words) {
    words_ = words;
    paused_until_ = now + std::clamp(how_long, shortest_wish, longest_wish);
}

} // namespace berth::scheduler
