// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/used_once.hpp"

#include <gtest/gtest.h>

namespace berth::auth {
namespace {

using std::chrono::seconds;

TEST(UsedOnce, RemembersForItsTime) {
    used_once seen(seconds(10));
    const time_point now(seconds(1000));
    EXPECT_TRUE(seen.use("a", now));
    EXPECT_FALSE(seen.use("a", now));
    EXPECT_FALSE(seen.use("a", now + seconds(10)));
    EXPECT_TRUE(seen.use("b", now + seconds(10)));
    EXPECT_TRUE(seen.use("a", now + seconds(11)));
    EXPECT_FALSE(seen.use("b", now + seconds(11)));
}

TEST(UsedOnce, IsBoundedAndForgetsTheOldestFirst) {
    used_once seen(seconds(10));
    const time_point now(seconds(1000));
    for (int i = 0; i < 10'001; ++i) ASSERT_TRUE(seen.use(std::to_string(i), now));
    EXPECT_FALSE(seen.use("10000", now));
    EXPECT_TRUE(seen.use("0", now)) << "gone, so that the newest had room";
}

} // namespace
} // namespace berth::auth
