// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/culler/reasons.hpp"

#include "scheduler/spawner/failure_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::hub {
namespace {

// Servers report their activity every five minutes or so: before that, a hub that has just begun does not know it.
constexpr duration reports_come_within = std::chrono::minutes(10);

std::optional<duration> either(std::optional<duration> own, std::optional<duration> general) {
    const auto found = own ? own : general;
    return found && *found > duration::zero() ? found : std::nullopt;
}

std::string sentence(std::string_view what, duration spent, duration limit) {
    return fmt::format("Stopped by the hub: {} for {}, and {} is the limit", what, scheduler::clock_text(spent), scheduler::clock_text(limit));
}

} // namespace

cull_limits limits_of(const cull_settings& s, const std::string& profile) {
    const auto at = s.of_profiles.find(profile);
    const cull_limits own = at == s.of_profiles.end() ? cull_limits{} : at->second;
    return {either(own.idle, s.general.idle), either(own.max_age, s.general.max_age), either(own.pending, s.general.pending)};
}

std::optional<std::string> why_culled(const scheduler::server& s, const cull_limits& limits, time_point began, time_point now) {
    if (s.pending() == "spawn") {
        const auto spent = now - s.started.value_or(now);
        if (!limits.pending || s.unknown_since || spent < *limits.pending) return std::nullopt;
        return sentence("it has been starting", spent, *limits.pending);
    }
    if (!s.ready()) return std::nullopt;
    const auto since = s.ready_at.value_or(s.started.value_or(now));
    if (limits.max_age && now - since >= *limits.max_age) return sentence("it has run", now - since, *limits.max_age);
    const auto idle = now - std::max(s.last_activity.value_or(since), since);
    if (!limits.idle || idle < *limits.idle || now - began < std::min(*limits.idle, reports_come_within)) return std::nullopt;
    return sentence("it has been idle", idle, *limits.idle);
}

} // namespace berth::hub
