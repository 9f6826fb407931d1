// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/request_reader.hpp"

#include <gtest/gtest.h>

namespace berth::http {
namespace {

using status = request_reader::status;

// The bytes one by one, as a slow client sends them; how many were taken.
std::size_t dribble(request_reader& reader, std::string_view bytes) {
    std::string pending;
    std::size_t taken = 0;
    for (char c : bytes) {
        pending += c;
        const auto n = reader.feed(pending);
        pending.erase(0, n);
        taken += n;
    }
    return taken;
}

TEST(request_reader, takes_a_chunked_body_byte_by_byte) {
    constexpr std::string_view head =
        "POST /hub/api HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const auto& [body, data] : {std::pair<std::string, std::string>{"0\r\n\r\n", ""},
                                     {"1\r\na\r\n0\r\n\r\n", "a"},
                                     {"3;x=y\r\nabc\r\n000\r\nTrailer: t\r\n\r\n", "abc"}}) {
        request_reader reader(1024, 1024);
        const auto bytes = std::string(head) + body;
        EXPECT_EQ(dribble(reader, bytes), bytes.size()) << body;
        ASSERT_EQ(reader.state(), status::complete) << body;
        EXPECT_EQ(reader.take().body, data);
    }
}

} // namespace
} // namespace berth::http
