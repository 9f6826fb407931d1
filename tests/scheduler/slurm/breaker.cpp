// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/breaker.hpp"

#include <gtest/gtest.h>

using namespace berth;
using namespace berth::scheduler;
using std::chrono::seconds;

TEST(breaker, opens_after_two_failures_and_lets_one_try) {
    breaker b;
    const time_point t{};
    EXPECT_TRUE(b.may_call(t));
    b.failed(t, "one");
    EXPECT_TRUE(b.may_call(t));
    b.failed(t, "two");
    ASSERT_FALSE(b.may_call(t));
    EXPECT_EQ(b.may_call(t).error().message, "two");
    EXPECT_EQ(b.may_call(t).error().code, errc::unavailable);
    EXPECT_FALSE(b.may_call(t + seconds(1)));
    EXPECT_TRUE(b.may_call(t + seconds(2)));
    EXPECT_FALSE(b.may_call(t + seconds(2))); // somebody tries already
}

TEST(breaker, doubles_its_pause_up_to_ten_seconds) {
    breaker b;
    time_point t{};
    b.failed(t, "x");
    for (const int pause : {2, 4, 8, 10, 10, 10}) {
        b.failed(t, "x");
        EXPECT_FALSE(b.may_call(t + seconds(pause) - seconds(1))) << pause;
        t += seconds(pause);
        EXPECT_TRUE(b.may_call(t)) << pause;
    }
    b.succeeded();
    EXPECT_TRUE(b.may_call(t));
}
