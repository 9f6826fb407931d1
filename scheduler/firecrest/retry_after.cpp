// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/firecrest/retry_after.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

namespace berth::scheduler {

constexpr duration usual_wish = std::chrono::seconds(10);

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
