// SPDX-License-Identifier: BSD-3-Clause
// What a connection does with well-formed requests.
#include "tests/daemon/http/client.hpp"

#include <gtest/gtest.h>

namespace berth::http::test {
namespace {

response echo(const request& r) {
    auto a = make_text(200, r.method + " " + r.path + " " + r.body);
    a.headers.add("X-Query", r.raw_query);
    return a;
}

TEST(session, answers_and_keeps_the_connection) {
    running_server s(answer_with(echo));
    auto c = s.connect();
    for (int i = 0; i < 3; ++i) {
        auto a = c.get("/a/b?x=1");
        EXPECT_EQ(a.status, 200);
        EXPECT_EQ(a.body, "GET /a/b ");
        EXPECT_EQ(a.header("X-Query"), "x=1");
        EXPECT_EQ(a.header("Content-Length"), "9");
        EXPECT_EQ(a.header("X-Request-ID").size(), 16U);
        EXPECT_EQ(a.header("Connection"), "");
        EXPECT_TRUE(a.header("Date").ends_with(" GMT")) << a.head;
    }
}

} // namespace
} // namespace berth::http::test
