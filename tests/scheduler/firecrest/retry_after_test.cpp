// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/firecrest/retry_after.hpp"

#include <gtest/gtest.h>

namespace berth::scheduler {
namespace {

using namespace std::chrono_literals;
const time_point start{24h * 365};

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
