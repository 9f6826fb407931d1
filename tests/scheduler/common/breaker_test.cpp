// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/common/breaker.hpp"

#include <gtest/gtest.h>

using namespace berth;
using namespace berth::scheduler;
using std::chrono::seconds;

const breaker_bounds bounds{.longest_pause = seconds(10), .one_try = seconds(10)};

TEST(breaker, opens_after_two_failures_and_lets_one_try) {
    breaker b(bounds);
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
    breaker b(bounds);
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

TEST(breaker, lets_another_try_when_the_first_says_nothing) {
    breaker b({.longest_pause = seconds(30), .one_try = seconds(15)});
    const time_point t{};
    b.failed(t, "x");
    b.failed(t, "x");
    EXPECT_TRUE(b.may_call(t + seconds(2)));
    EXPECT_FALSE(b.may_call(t + seconds(16)));
    EXPECT_TRUE(b.may_call(t + seconds(17)));
    b.succeeded();
    EXPECT_TRUE(b.may_call(t + seconds(17)));
}

TEST(breaker, never_pauses_longer_than_it_is_told) {
    breaker b({.longest_pause = seconds(30), .one_try = seconds(15)});
    const time_point t{};
    for (int i = 0; i < 20; ++i) b.failed(t, "x");
    EXPECT_FALSE(b.may_call(t + seconds(29)));
    EXPECT_TRUE(b.may_call(t + seconds(30)));
}

TEST(breaker, keeps_the_pause_that_was_asked_for) {
    breaker b(bounds);
    const time_point t{};
    b.pause(t, seconds(7), "too many requests");
    b.succeeded();
    EXPECT_EQ(b.may_call(t + seconds(6)).error(), (failure{errc::unavailable, "too many requests"}));
    EXPECT_TRUE(b.may_call(t + seconds(7)));
    b.pause(t, std::chrono::hours(24), "too many requests");
    EXPECT_TRUE(b.may_call(t + std::chrono::minutes(5)));
}
