// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/firecrest/gate.hpp"

#include <gtest/gtest.h>

namespace berth::scheduler {
namespace {

using namespace std::chrono_literals;
const time_point start{24h * 365};

TEST(gate, closes_after_two_failures_and_lets_one_try) {
    gate g;
    g.failed(start, "no answer");
    EXPECT_TRUE(g.may_call(start));
    g.failed(start, "no answer");
    ASSERT_FALSE(g.may_call(start));
    EXPECT_EQ(g.may_call(start).error(), (failure{errc::unavailable, "no answer"}));
    EXPECT_TRUE(g.may_call(start + 2s));
    EXPECT_FALSE(g.may_call(start + 3s)) << "while one tries the others wait";
    g.answered();
    EXPECT_TRUE(g.may_call(start + 3s));
}

TEST(gate, waits_longer_each_time_and_never_longer_than_half_a_minute) {
    gate g;
    for (int i = 0; i < 20; ++i) g.failed(start, "no answer");
    EXPECT_FALSE(g.may_call(start + 29s));
    EXPECT_TRUE(g.may_call(start + 30s));
}

TEST(gate, keeps_the_pause_that_was_asked_for) {
    gate g;
    g.pause(start, 7s, "too many requests");
    g.answered();
    EXPECT_FALSE(g.may_call(start + 6s));
    EXPECT_TRUE(g.may_call(start + 7s));
    g.pause(start, 24h, "too many requests");
    EXPECT_TRUE(g.may_call(start + 5min));
}

TEST(retry_after, reads_seconds_and_dates) {
    const std::string seconds = "7", date = "Mon, 01 Jan 2024 00:00:30 GMT", rubbish = "soon";
    const time_point new_year = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);
    EXPECT_EQ(retry_after(&seconds, start), 7s);
    EXPECT_EQ(retry_after(&date, new_year), 30s);
    EXPECT_EQ(retry_after(&date, new_year + 1h), 0s);
    EXPECT_EQ(retry_after(&rubbish, start), 10s);
    EXPECT_EQ(retry_after(nullptr, start), 10s);
}

} // namespace
} // namespace berth::scheduler
