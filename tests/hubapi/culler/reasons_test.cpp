// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/culler/reasons.hpp"

#include <gtest/gtest.h>

namespace berth::hub {
namespace {

using namespace std::chrono_literals;
using scheduler::phase;

const time_point now{std::chrono::hours(1000)}, long_ago = now - 500h;

scheduler::server server(phase state, duration started, std::optional<duration> active = {}) {
    scheduler::server s;
    s.state = state;
    s.wanted = true;
    s.started = now - started;
    if (state == phase::ready) s.ready_at = now - started;
    if (active) s.last_activity = now - *active;
    return s;
}

std::string why(const scheduler::server& s, const cull_limits& l, time_point began = long_ago) { return why_culled(s, l, began, now).value_or(""); }

TEST(why_culled, nothing_without_limits) {
    EXPECT_EQ(why(server(phase::ready, 5000h, 4000h), {}), "");
    EXPECT_EQ(why(server(phase::queued, 5000h), {}), "");
}

TEST(why_culled, idle) {
    const cull_limits l{2h, {}, {}};
    EXPECT_EQ(why(server(phase::ready, 5h, 2h), l), "Stopped by the hub: it has been idle for 2:00:00, and 2:00:00 is the limit");
    EXPECT_EQ(why(server(phase::ready, 5h, 2h - 1s), l), "");
    EXPECT_EQ(why(server(phase::ready, 1h, 5h), l), "") << "activity of an earlier start";
    EXPECT_EQ(why(server(phase::ready, 3h), l), "Stopped by the hub: it has been idle for 3:00:00, and 2:00:00 is the limit");
    EXPECT_EQ(why(server(phase::stopping, 5h, 3h), l), "");
    EXPECT_EQ(why(server(phase::queued, 5h), l), "");
}

TEST(why_culled, a_hub_that_has_just_begun_waits_for_reports) {
    EXPECT_EQ(why(server(phase::ready, 5h, 3h), {2h, {}, {}}, now - 9min), "");
    EXPECT_NE(why(server(phase::ready, 5h, 3h), {2h, {}, {}}, now - 10min), "");
    EXPECT_EQ(why(server(phase::ready, 5h, 3h), {1min, {}, {}}, now - 59s), "");
    EXPECT_NE(why(server(phase::ready, 5h, 3h), {1min, {}, {}}, now - 1min), "");
    EXPECT_NE(why(server(phase::ready, 5h, 3h), {{}, 4h, {}}, now - 1s), "") << "its age is known";
}

TEST(why_culled, age_whatever_it_does) {
    EXPECT_EQ(why(server(phase::ready, 25h, 1s), {2h, 24h, {}}), "Stopped by the hub: it has run for 1-01:00:00, and 1-00:00:00 is the limit");
    EXPECT_EQ(why(server(phase::ready, 23h, 1s), {2h, 24h, {}}), "");
}

TEST(why_culled, starting_for_too_long) {
    const cull_limits l{{}, {}, 1h};
    for (auto p : {phase::preparing, phase::submitting, phase::queued, phase::launching})
        EXPECT_EQ(why(server(p, 61min), l), "Stopped by the hub: it has been starting for 1:01:00, and 1:00:00 is the limit");
    EXPECT_EQ(why(server(phase::queued, 59min), l), "");
    auto silent = server(phase::queued, 2h);
    silent.unknown_since = now - 1min;
    EXPECT_EQ(why(silent, l), "") << "the cluster does not answer";
}

TEST(limits_of, a_profiles_own_go_before_the_general_ones) {
    cull_settings s;
    s.general = {2h, 24h, {}};
    s.of_profiles["gpu"] = {30min, 0s, 1h};
    EXPECT_EQ(limits_of(s, "gpu"), (cull_limits{30min, {}, 1h}));
    EXPECT_EQ(limits_of(s, "small"), (cull_limits{2h, 24h, {}}));
    EXPECT_EQ(limits_of({}, "gpu"), cull_limits{});
}

} // namespace
} // namespace berth::hub
