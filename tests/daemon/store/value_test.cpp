// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/store/store.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace berth::store {
namespace {

TEST(Values, TimesAreMicroseconds) {
    const time_point t{std::chrono::microseconds(1'700'000'000'123'456)};
    EXPECT_EQ(stored(t), value(std::int64_t(1'700'000'000'123'456)));
    EXPECT_EQ(time({{"t", stored(t)}}, "t"), t);
    EXPECT_EQ(stored(std::optional<time_point>()), value(nullptr));
    EXPECT_EQ(optional_time({{"t", nullptr}}, "t"), std::nullopt);
    EXPECT_EQ(optional_time({{"t", stored(t)}}, "t"), t);
}

TEST(Values, NullReadsAsEmptyWhereAllowed) {
    const row r{{"n", nullptr}, {"i", std::int64_t(3)}, {"s", "x"}, {"b", stored_bool(true)}};
    EXPECT_EQ(text(r, "n"), "");
    EXPECT_EQ(text(r, "s"), "x");
    EXPECT_EQ(optional_integer(r, "n"), std::nullopt);
    EXPECT_EQ(optional_integer(r, "i"), 3);
    EXPECT_TRUE(boolean(r, "b"));
}

TEST(Values, AMissingColumnOrAnotherTypeIsABug) {
    const row r{{"n", nullptr}, {"s", "x"}};
    EXPECT_THROW(integer(r, "none"), std::logic_error);
    EXPECT_THROW(integer(r, "s"), std::logic_error);
    EXPECT_THROW(integer(r, "n"), std::logic_error);
    EXPECT_THROW(text({{"i", std::int64_t(1)}}, "i"), std::logic_error);
}

} // namespace
} // namespace berth::store
