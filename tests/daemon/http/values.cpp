// SPDX-License-Identifier: BSD-3-Clause
// Requests, responses and headers as values: no socket.
#include "daemon/http/forwarded.hpp"
#include "daemon/http/response_head.hpp"
#include "daemon/http/server.hpp"
#include "daemon/http/sse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(fields, are_found_whatever_their_case) {
    fields f{{"Accept", "a"}, {"X-A", "1"}, {"x-a", "2"}};
    EXPECT_EQ(f.get("accept"), "a");
    EXPECT_EQ(f.get("X-a"), "1");
    EXPECT_EQ(f.get("missing"), "");
    EXPECT_FALSE(f.has("acceptable"));
    f.set("X-A", "3");
    EXPECT_EQ(f.size(), 2U);
    EXPECT_EQ(f.get("x-a"), "3");
    f.remove("ACCEPT");
    EXPECT_FALSE(f.has("Accept"));
}

TEST(cookies, are_read_as_browsers_send_them) {
    request r;
    r.headers.add("Cookie", R"(a=1; b="quo ted"; a=2;c ; d=x=y;  e=)");
    r.headers.add("cookie", "a=3");
    EXPECT_THAT(r.cookies("a"), ElementsAre("1", "2", "3"));
    EXPECT_THAT(r.cookies("b"), ElementsAre("quo ted"));
    EXPECT_THAT(r.cookies("d"), ElementsAre("x=y"));
    EXPECT_THAT(r.cookies("e"), ElementsAre(""));
    EXPECT_THAT(r.cookies("c"), ElementsAre());
    EXPECT_THAT(r.cookies("A"), ElementsAre());
}

TEST(cookies, are_set_with_their_attributes) {
    response r;
    set_cookie(r,
               {.name = "n", .value = "v", .path = "/hub/", .secure = true, .same_site = "", .max_age = 60});
    set_cookie(r, {.name = "gone", .value = "v", .http_only = false, .max_age = 0});
    std::vector<std::string> lines;
    for (const auto& [name, value] : r.headers) lines.push_back(value);
    EXPECT_THAT(lines,
                ElementsAre("n=v; Path=/hub/; Max-Age=60; HttpOnly; Secure",
                            "gone=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; SameSite=Lax"));
}

TEST(request, knows_what_the_client_prefers) {
    struct row {
        std::string accept;
        bool json;
    };
    const std::vector<row> rows{
        {"", false},
        {"*/*", false},
        {"application/json", true},
        {"Application/JSON; charset=utf-8", true},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false},
        {"application/json, text/html;q=0.9", true},
        {"application/json;q=0.5, text/html", false},
        {"application/json, text/javascript, */*; q=0.01", true},
        {"application/json;q=0", false},
        {"application/*", true},
        {"text/html, application/json", false},
    };
    for (const auto& [accept, json] : rows) {
        request r;
        if (!accept.empty()) r.headers.add("Accept", accept);
        EXPECT_EQ(r.prefers("application/json"), json) << accept;
    }
}

TEST(request, knows_its_content_type) {
    request r;
    EXPECT_EQ(r.content_type(), "");
    r.headers.add("content-type", " Application/JSON ; charset=UTF-8");
    EXPECT_EQ(r.content_type(), "application/json");
}

TEST(head, is_written_whole) {
    auto r = make_json(404, "{}");
    r.headers.add("Content-Length", "77");
    r.headers.add("Transfer-Encoding", "chunked");
    std::string out;
    EXPECT_TRUE(
        append_head(out, r, {.date = "D", .request_id = "i", .content_length = 2, .keep_alive = false}));
    EXPECT_EQ(out,
              "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nX-Request-ID: i\r\nDate: D\r\n"
              "Content-Length: 2\r\nConnection: close\r\n\r\n");
}

TEST(head, drops_headers_that_would_forge_others) {
    response r;
    r.headers.add("Location", "/x\r\nSet-Cookie: a=b");
    r.headers.add("X: y\r\nZ", "1");
    r.headers.add("X-Nul", std::string("a\0b", 3));
    r.headers.add("No(token)", "1");
    r.headers.add("X-Good", "ü\tz");
    std::string out;
    EXPECT_FALSE(append_head(out, r, {}));
    EXPECT_THAT(out, Not(HasSubstr("Set-Cookie")));
    EXPECT_THAT(out, Not(HasSubstr("Z: 1")));
    EXPECT_THAT(out, Not(HasSubstr("X-Nul")));
    EXPECT_THAT(out, Not(HasSubstr("No(token)")));
    EXPECT_THAT(out, HasSubstr("X-Good: ü\tz\r\n"));
}

TEST(head, has_a_date_of_rfc_9110) {
    date_text d;
    EXPECT_EQ(d.at(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(d.at(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(sse, keeps_lines_apart) {
    EXPECT_EQ(sse_data("{}"), "data: {}\n\n");
    EXPECT_EQ(sse_data("a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
    EXPECT_EQ(sse_data(""), "data: \n\n");
}

TEST(forwarded, believes_trusted_proxies_only) {
    struct row {
        std::string peer;
        fields headers;
        std::string address, scheme, host;
    };
    const std::vector<row> rows{
        {"192.0.2.9",
         {{"X-Forwarded-For", "1.1.1.1"}, {"X-Forwarded-Proto", "https"}},
         "192.0.2.9",
         "http",
         "h"},
        {"10.0.0.1", {}, "10.0.0.1", "http", "h"},
        {"10.0.0.1", {{"X-Forwarded-For", "1.1.1.1"}}, "1.1.1.1", "http", "h"},
        // the right-most that is not trusted, whatever the client has written in front
        {"10.0.0.1", {{"X-Forwarded-For", "6.6.6.6, 1.1.1.1, 10.0.0.7"}}, "1.1.1.1", "http", "h"},
        {"10.0.0.1",
         {{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "1.1.1.1"}},
         "1.1.1.1",
         "http",
         "h"},
        {"10.0.0.1", {{"X-Forwarded-For", "10.0.0.3, 10.0.0.2"}}, "10.0.0.3", "http", "h"},
        {"10.0.0.1", {{"X-Forwarded-For", "1.1.1.1, rubbish, 10.0.0.2"}}, "10.0.0.2", "http", "h"},
        {"10.0.0.1", {{"X-Forwarded-For", "rubbish"}}, "10.0.0.1", "http", "h"},
        {"10.0.0.1", {{"X-Forwarded-For", "1.1.1.1:4711"}}, "1.1.1.1", "http", "h"},
        {"10.0.0.1", {{"X-Forwarded-For", "[2001:db8::1]:4711"}}, "2001:db8::1", "http", "h"},
        {"10.0.0.1", {{"X-Forwarded-For", "::ffff:10.0.0.9, 2001:db8::1"}}, "2001:db8::1", "http", "h"},
        {"fd00::5", {{"X-Forwarded-For", "1.1.1.1, ::ffff:10.2.3.4"}}, "1.1.1.1", "http", "h"},
        {"fe00::5", {{"X-Forwarded-For", "1.1.1.1"}}, "fe00::5", "http", "h"},
        {"", {{"X-Forwarded-For", "1.1.1.1"}}, "1.1.1.1", "http", "h"}, // a Unix socket's peer
        {"10.0.0.1",
         {{"X-Forwarded-Proto", "HTTPS"}, {"X-Forwarded-Host", "a.example:8443"}},
         "10.0.0.1",
         "https",
         "a.example:8443"},
        {"10.0.0.1", {{"X-Forwarded-Proto", "https,http"}}, "10.0.0.1", "https", "h"},
        {"10.0.0.1",
         {{"X-Forwarded-For", "6.6.6.6, 1.1.1.1"}, {"X-Forwarded-Proto", "https, http"}},
         "1.1.1.1",
         "http",
         "h"},
        {"10.0.0.1",
         {{"X-Forwarded-Proto", "gopher"}, {"X-Forwarded-Host", "a<b>"}},
         "10.0.0.1",
         "http",
         "h"},
    };
    const auto proxies = network_list::parse({"10.0.0.0/8", "fd00::/16"});
    ASSERT_TRUE(proxies);
    for (const auto& [peer, headers, address, scheme, host] : rows) {
        request r;
        r.headers = headers;
        r.headers.add("Host", "h");
        const auto from = parse_peer(peer);
        apply_forwarded(r, peer, peer.empty() || proxies->contains(*from), false, *proxies);
        const auto sent = std::string(headers.get("x-forwarded-for")) + " from " + peer;
        EXPECT_EQ(r.peer_address, address) << sent;
        EXPECT_EQ(r.scheme, scheme) << sent;
        EXPECT_EQ(r.host, host) << sent;
    }
}

TEST(forwarded, networks_are_checked) {
    for (const auto* text : {"10.0.0.0/33", "fd00::/129", "10.0.0/8", "x", "10.0.0.0/", "10.0.0.0/8x", ""}) {
        const auto parsed = network_list::parse({text});
        ASSERT_FALSE(parsed) << text;
        EXPECT_THAT(parsed.error().message, HasSubstr("trusted_proxies")) << text;
    }
    const auto odd = network_list::parse({"192.0.2.128/25", "::/0"});
    ASSERT_TRUE(odd);
    EXPECT_TRUE(odd->contains(*parse_peer("192.0.2.129")));
    EXPECT_FALSE(odd->contains(*parse_peer("192.0.2.127")));
    EXPECT_TRUE(odd->contains(*parse_peer("2001:db8::1")));
    const auto mapped = network_list::parse({"::ffff:10.0.0.0/104", "::ffff:0:0/64"});
    ASSERT_TRUE(mapped);
    EXPECT_TRUE(mapped->contains(*parse_peer("10.1.2.3")));
    EXPECT_FALSE(mapped->contains(*parse_peer("192.0.2.1"))); // a network of IPv6 holds no IPv4
}

} // namespace
} // namespace berth::http
