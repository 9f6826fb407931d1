// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/http_head.hpp"

#include <gtest/gtest.h>
#include <string>

namespace berth::proxy {
namespace {

TEST(http_head, the_end_is_found_wherever_the_bytes_are_cut) {
    const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for (std::size_t cut = 0; cut < head.size(); ++cut) {
        bool bad = false;
        EXPECT_EQ(find_head_end(std::string_view(head).substr(0, cut), 0, bad), 0u);
        EXPECT_FALSE(bad);
        EXPECT_EQ(find_head_end(head, cut, bad), head.size());
    }
}

TEST(http_head, fields_of_a_request) {
    request_head h;
    ASSERT_EQ(parse_request("POST /a?b HTTP/1.1\r\nHost: x:1\r\nCONTENT-length: 12\r\nConnection: "
                            "Keep-Alive, X-A\r\nX-Empty:\r\n"
                            "Cookie:  a=b \t\r\n\r\n",
                            h),
              parse_result::ok);
    EXPECT_EQ(h.method, "POST");
    EXPECT_EQ(h.target, "/a?b");
    EXPECT_EQ(h.host, "x:1");
    EXPECT_EQ(h.body, body_kind::length);
    EXPECT_EQ(h.length, 12u);
    EXPECT_TRUE(h.says_keep_alive);
    EXPECT_TRUE(list_has(h.connection_names, "x-a"));
    EXPECT_EQ(h.find(header_id::cookie)->value, "a=b");
}

TEST(http_head, an_absolute_url_is_cut) {
    request_head h;
    ASSERT_EQ(parse_request("GET http://y/p?q HTTP/1.1\r\nHost: x\r\n\r\n", h), parse_result::ok);
    EXPECT_EQ(h.target, "/p?q");
    EXPECT_EQ(h.host, "y");
    EXPECT_EQ(parse_request("GET ftp://y/p HTTP/1.1\r\nHost: x\r\n\r\n", h), parse_result::bad);
    for (const char* wrong : {"u@y", "y#", "y,z"}) {
        const auto head = "GET http://" + std::string(wrong) + "/p HTTP/1.1\r\nHost: x\r\n\r\n";
        EXPECT_EQ(parse_request(head, h), parse_result::bad) << wrong;
    }
}

TEST(http_head, how_a_response_ends) {
    struct row {
        const char* text;
        bool to_head;
        body_kind kind;
    };
    const row rows[] = {{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false, body_kind::length},
                        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true, body_kind::none},
                        {"HTTP/1.1 200\r\n\r\n", false, body_kind::until_close},
                        {"HTTP/1.1 204 No Content\r\n\r\n", false, body_kind::none},
                        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", false, body_kind::none},
                        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, body_kind::chunked}};
    for (const auto& r : rows) {
        response_head h;
        ASSERT_EQ(parse_response(r.text, h), parse_result::ok) << r.text;
        EXPECT_EQ(h.body(r.to_head), r.kind) << r.text;
    }
}

TEST(http_head, any_prefix_or_flipped_byte_is_survived) {
    const std::string head =
        "GET http://y/p?q HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: a, close\r\n\r\n";
    request_head h;
    response_head r;
    for (std::size_t i = 0; i < head.size(); ++i) {
        parse_request(head.substr(0, i), h);
        for (int c = 0; c < 256; ++c) {
            auto changed = head;
            changed[i] = static_cast<char>(c);
            parse_request(changed, h);
            parse_response(changed, r);
        }
    }
}

} // namespace
} // namespace berth::proxy
