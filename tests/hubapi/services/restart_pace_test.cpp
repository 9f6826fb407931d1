// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/services/restart_pace.hpp"

#include <gtest/gtest.h>

namespace berth::hub {
namespace {

using namespace std::chrono_literals;

TEST(restart_pace, doubles_with_each_short_life_up_to_a_minute) {
    restart_pace pace;
    for (const auto seconds : {1, 2, 4, 8, 16, 32, 60, 60})
        EXPECT_EQ(pace.after(5s), std::chrono::seconds(seconds));
}

TEST(restart_pace, a_long_life_begins_anew) {
    restart_pace pace;
    for (int i = 0; i < 5; ++i) pace.after(1s);
    EXPECT_EQ(pace.after(60s), 1s);
    EXPECT_EQ(pace.after(1s), 2s);
}

} // namespace
} // namespace berth::hub
