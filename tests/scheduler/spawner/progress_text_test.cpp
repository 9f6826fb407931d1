// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/progress_text.hpp"

#include <gtest/gtest.h>

namespace berth::scheduler {
namespace {

job_status waiting(const std::string& reason) {
    job_status j;
    j.reason = reason;
    return j;
}

TEST(queued_text, says_why_and_until_when) {
    EXPECT_EQ(queued_text(waiting("Resources")), "Queued: waiting for resources (Resources)");
    EXPECT_EQ(queued_text(waiting("QOSMaxJobsPerUserLimit")),
              "Queued: a limit of the account or QOS is reached (QOSMaxJobsPerUserLimit)");
    EXPECT_EQ(queued_text(waiting("Weather")), "Queued: Weather");
    EXPECT_EQ(queued_text(waiting("None")), "Queued: waiting to be looked at");
    EXPECT_EQ(queued_text(waiting("")), "Queued");
    auto j = waiting("Priority");
    j.expected_start = time_point(std::chrono::seconds(1'795'374'300));
    EXPECT_EQ(queued_text(j), "Queued: waiting behind jobs of higher priority (Priority), expected to start "
                              "at 2026-11-22 19:05 UTC");
}

TEST(add_progress, keeps_a_long_wait_one_line_and_is_bounded) {
    server s;
    EXPECT_TRUE(add_progress(s, {}, stage::requested, "Server requested"));
    EXPECT_FALSE(add_progress(s, {}, stage::requested, "Server requested"));
    EXPECT_TRUE(add_progress(s, {}, stage::queued, "Queued: a"));
    EXPECT_TRUE(add_progress(s, {}, stage::queued, "Queued: b"));
    ASSERT_EQ(s.progress.size(), 2u);
    EXPECT_EQ(s.progress[1].message, "Queued: b");
    for (int i = 0; i < 1000; ++i) add_progress(s, {}, stage::running, std::to_string(i));
    EXPECT_EQ(s.progress.size(), max_progress_entries);
    EXPECT_EQ(s.progress.front().message, "Server requested");
    EXPECT_EQ(s.progress.back().message, "999");
}

} // namespace
} // namespace berth::scheduler
