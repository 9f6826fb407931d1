// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/answer_plan.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace berth::proxy {
namespace {

std::unique_ptr<response_head> parsed(std::string_view text) {
    auto h = std::make_unique<response_head>();
    EXPECT_EQ(parse_response(text, *h), parse_result::ok) << text;
    return h;
}

TEST(answer_plan, an_answer_without_an_end_closes) {
    const auto open = parsed("HTTP/1.1 200 OK\r\n\r\n"),
               chunked = parsed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const auto sized = parsed("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
    EXPECT_TRUE(plan_answer(*open, {}).rules.close);
    EXPECT_TRUE(plan_answer(*open, {}).backend_ends);
    EXPECT_FALSE(plan_answer(*open, {.is_head = true}).rules.close);
    EXPECT_FALSE(plan_answer(*chunked, {}).rules.close);
    EXPECT_TRUE(plan_answer(*chunked, {.minor = 0}).rules.close);
    EXPECT_TRUE(plan_answer(*chunked, {.minor = 0}).decode);
    EXPECT_FALSE(plan_answer(*sized, {}).rules.close);
    EXPECT_TRUE(plan_answer(*sized, {.keep_alive = false}).rules.close);
}

TEST(answer_plan, what_cannot_be_passed_on) {
    EXPECT_FALSE(is_acceptable(*parsed("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), {}));
    EXPECT_TRUE(is_acceptable(*parsed("HTTP/1.1 204 No Content\r\n\r\n"), {}));
    // A page in the place of an error has a status with a body.
    EXPECT_FALSE(is_acceptable(*parsed("HTTP/1.1 204 No Content\r\n\r\n"), {.page_status = 503}));
    EXPECT_FALSE(is_acceptable(*parsed("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n"),
                               {.page_status = 503}));
    EXPECT_TRUE(
        is_acceptable(*parsed("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\n"), {.page_status = 503}));
}

} // namespace
} // namespace berth::proxy
