// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/change_feed.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace berth::hub {
namespace {

struct change_feed_test : testing::Test {
    boost::asio::io_context io;
    change_feed feed{io.get_executor()};

    std::string told(std::uint64_t seen, std::size_t limit = 100) {
        const auto list = feed.since(seen, limit);
        if (!list) return "lost";
        std::string out;
        for (const auto& c : *list) out += std::to_string(c.number) + (c.of_server ? ":" + c.user + "/" + c.server : ":" + c.user) + " ";
        return out;
    }
};

TEST_F(change_feed_test, tells_each_once_at_its_newest_change) {
    EXPECT_EQ(told(0), "");
    feed.user_changed(1, "al");
    feed.server_changed(1, "al", "");
    feed.server_changed(1, "al", "n1");
    feed.server_changed(1, "al", "");
    EXPECT_EQ(told(0), "1:al 3:al/n1 4:al/ ");
    EXPECT_EQ(told(3), "4:al/ ");
    EXPECT_EQ(told(4), "");
    EXPECT_EQ(told(0, 2), "1:al 2:al/ ") << "a part; the rest comes with the next";
    EXPECT_EQ(told(5), "lost") << "a number that was never given";
}

TEST_F(change_feed_test, keeps_the_newest) {
    for (std::size_t i = 0; i < change_feed::kept + 5; ++i) feed.user_changed(static_cast<std::int64_t>(i), "u");
    EXPECT_EQ(told(4), "lost");
    EXPECT_EQ(told(5, 1), "6:u ");
    EXPECT_EQ(feed.newest(), change_feed::kept + 5);
}

TEST_F(change_feed_test, has_so_many_places) {
    std::vector<std::shared_ptr<change_feed::place>> places;
    for (std::size_t i = 0; i < change_feed::most_of_one; ++i) places.push_back(feed.follow("al"));
    EXPECT_TRUE(places.back());
    EXPECT_FALSE(feed.follow("al"));
    EXPECT_TRUE(feed.follow("bo"));
    places.pop_back();
    EXPECT_TRUE(feed.follow("al"));
    for (std::size_t i = 0; places.size() < change_feed::most_followers; ++i) places.push_back(feed.follow("u" + std::to_string(i)));
    EXPECT_FALSE(feed.follow("one more"));
}

} // namespace
} // namespace berth::hub
