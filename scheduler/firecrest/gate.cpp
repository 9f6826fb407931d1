// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/firecrest/gate.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

namespace berth::scheduler {
namespace {

using namespace std::chrono_literals;
constexpr int tolerated = 1;
constexpr duration first_pause = 2s, longest_pause = 30s, one_try = 15s, longest_wish = 5min,
                   usual_wish = 10s;

} // namespace

result<void> gate::may_call(time_point now) {
    if (now < paused_until_) return fail(errc::unavailable, words_);
    if (failures_ <= tolerated) return {};
    if (now < closed_until_) return fail(errc::unavailable, words_);
    closed_until_ = now + one_try; // for the others, while this one tries
    return {};
}

void gate::failed(time_point now, const std::string& words) {
    words_ = words;
    const int beyond = ++failures_ - tolerated - 1;
    if (beyond < 0) return;
    closed_until_ = now + std::min(longest_pause, first_pause * (1 << std::min(beyond, 5)));
}

void gate::pause(time_point now, duration how_long, const std::string& words) {
    words_ = words;
    paused_until_ = now + std::clamp(how_long, duration(1s), longest_wish);
}

duration retry_after(const std::string* header, time_point now) {
    if (!header) return usual_wish;
    int seconds = 0;
    const auto* const end = header->data() + header->size();
    if (const auto read = std::from_chars(header->data(), end, seconds);
        read.ec == std::errc() && read.ptr == end)
        return std::chrono::seconds(std::max(seconds, 0));
    std::tm date{};
    if (!::strptime(header->c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date)) return usual_wish;
    const auto at = std::chrono::system_clock::from_time_t(::timegm(&date));
    return std::max(std::chrono::duration_cast<duration>(at - now), duration::zero());
}

} // namespace berth::scheduler
