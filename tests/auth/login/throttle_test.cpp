// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/throttle.hpp"

#include <gtest/gtest.h>

namespace berth::auth {
namespace {

using namespace std::chrono_literals;

struct throttle : testing::Test {
    manual_clock time;
    login_throttle guard{time};
    // Seconds to wait, or 0 and the attempt is counted.
    long attempt(const std::string& name, const std::string& address) {
        return std::chrono::ceil<std::chrono::seconds>(guard.attempt(name, address)).count();
    }
};

TEST_F(throttle, waits_double_up_to_thirty_seconds) {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(attempt("al", "a" + std::to_string(i)), 0) << i;
    int n = 0;
    for (const long wait : {1, 2, 4, 8, 16, 30, 30, 30}) {
        EXPECT_EQ(attempt("al", "b" + std::to_string(n)), wait);
        EXPECT_EQ(attempt("al", "b" + std::to_string(n)), wait) << "a refused attempt costs nothing";
        time.advance(wait * 1s);
        EXPECT_EQ(attempt("al", "b" + std::to_string(n++)), 0);
    }
    EXPECT_EQ(attempt("bob", "elsewhere"), 0);
}

TEST_F(throttle, many_at_once_gain_nothing) {
    int through = 0;
    for (int i = 0; i < 1000; ++i) through += attempt("al", "192.0.2.7") == 0;
    EXPECT_EQ(through, 4);
}

TEST_F(throttle, a_right_password_forgets_the_name) {
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 3; ++i) ASSERT_EQ(attempt("al", "x" + std::to_string(round)), 0);
        guard.passed("al", "x" + std::to_string(round));
    }
}

TEST_F(throttle, a_class_behind_one_address_comes_in) {
    for (int i = 0; i < 500; ++i) {
        const auto name = "student" + std::to_string(i);
        ASSERT_EQ(attempt(name, "192.0.2.7"), 0);
        guard.passed(name, "192.0.2.7");
    }
    EXPECT_EQ(guard.size(), 0u);
}

TEST_F(throttle, one_address_cannot_go_through_all_names) {
    int through = 0;
    for (int i = 0; i < 1000; ++i) through += attempt("user" + std::to_string(i), "192.0.2.7") == 0;
    EXPECT_EQ(through, 21);
    EXPECT_EQ(attempt("al", "192.0.2.8"), 0);
}

TEST_F(throttle, an_ipv6_network_is_one_address) {
    int through = 0;
    for (int i = 0; i < 1000; ++i)
        through += attempt("u" + std::to_string(i), "2001:db8:0:1::" + std::to_string(i)) == 0;
    EXPECT_EQ(through, 21);
    EXPECT_EQ(attempt("al", "2001:db8:0:2::1"), 0);
}

TEST_F(throttle, an_outage_is_nobodys_failure) {
    for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(attempt("al", "192.0.2.7"), 0);
        guard.undecided("al", "192.0.2.7");
    }
}

TEST_F(throttle, fifteen_quiet_minutes_forget) {
    for (int i = 0; i < 4; ++i) attempt("al", "a");
    time.advance(15min);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(attempt("al", "b"), 0) << i;
    EXPECT_EQ(attempt("al", "b"), 1);
}

TEST_F(throttle, its_memory_is_bounded) {
    for (int i = 0; i < 30'000; ++i)
        attempt(std::string(10'000, 'x') + std::to_string(i), "a" + std::to_string(i));
    for (int i = 0; i < 30'000; ++i) attempt("user" + std::to_string(i), "b" + std::to_string(i));
    EXPECT_LE(guard.size(), 20'000u);
}

} // namespace
} // namespace berth::auth
