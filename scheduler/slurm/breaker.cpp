// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/breaker.hpp"

#include <algorithm>

namespace berth::scheduler {
namespace {

constexpr int tolerated = 1;
constexpr duration first_pause = std::chrono::seconds(2), longest_pause = std::chrono::seconds(10),
                   one_try = std::chrono::seconds(10);

} // namespace

result<void> breaker::may_call(time_point now) {
    if (failures_ <= tolerated) return {};
    if (now < open_until_) return fail(errc::unavailable, words_);
    open_until_ = now + one_try; // for the others, while this one tries
    return {};
}

void breaker::succeeded() { failures_ = 0; }

void breaker::failed(time_point now, const std::string& words) {
    words_ = words;
    const int beyond = ++failures_ - tolerated - 1;
    if (beyond < 0) return;
    open_until_ = now + std::min(longest_pause, first_pause * (1 << std::min(beyond, 5)));
}

} // namespace berth::scheduler
