// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/body_framing.hpp"

#include <gtest/gtest.h>
#include <string>

namespace berth::proxy {
namespace {

const std::string chunked =
    "5\r\nhello\r\n1;a=b\r\n \r\n00b\r\nbeautiful w\r\n4\r\norld\r\n0\r\nX-A: b\r\n\r\n";

TEST(body_framing, chunks_are_followed_however_they_are_cut) {
    for (std::size_t step = 1; step <= chunked.size(); ++step) {
        body_framing f(body_kind::chunked, 0), d = f;
        std::string all = chunked + "NEXT", data;
        std::size_t at = 0;
        while (!f.done()) {
            auto piece = all.substr(at, step);
            const auto used = f.follow(piece);
            std::size_t kept = 0;
            EXPECT_EQ(d.decode(piece, kept), used);
            data.append(piece, 0, kept);
            at += used;
            ASSERT_FALSE(f.malformed());
        }
        EXPECT_EQ(at, chunked.size());
        EXPECT_EQ(data, "hello beautiful world");
    }
}

TEST(body_framing, malformed_chunks) {
    for (const char* bad :
         {"\r\n", ";x\r\n", "g\r\n", "1 2\n", "1\r\nab\r\n", "1\nx", "0\r\n X: folded\r\n\r\n",
          "0\r\nX\x01: y\r\n\r\n", "1;\x01\r\n", "ffffffffffffffff1\r\n", "-1\r\n", "1\r\na\n"}) {
        body_framing f(body_kind::chunked, 0);
        f.follow(std::string_view(bad));
        EXPECT_TRUE(f.malformed()) << bad;
        EXPECT_FALSE(f.done());
    }
}

TEST(body_framing, endless_lines_are_malformed) {
    for (const std::string start : {"1;", "0\r\nX: "}) {
        body_framing f(body_kind::chunked, 0);
        f.follow(start + std::string(64 << 10, 'x'));
        EXPECT_TRUE(f.malformed());
    }
}

TEST(body_framing, lengths_stop_exactly) {
    body_framing f(body_kind::length, 5);
    EXPECT_EQ(f.at_most(100), 5u);
    EXPECT_EQ(f.follow(std::string_view("abc")), 3u);
    EXPECT_EQ(f.follow(std::string_view("defg")), 2u);
    EXPECT_TRUE(f.done());
    EXPECT_TRUE(body_framing(body_kind::length, 0).done());
    EXPECT_TRUE(body_framing().done());
    EXPECT_FALSE(body_framing(body_kind::until_close, 0).done());
}

} // namespace
} // namespace berth::proxy
