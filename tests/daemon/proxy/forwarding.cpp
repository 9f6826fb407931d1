// SPDX-License-Identifier: BSD-3-Clause
#include "tests/daemon/proxy/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::proxy::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(forwarding, longest_route_wins_and_the_rest_goes_to_the_hub) {
    fake_server hub(answering("hub")), al(answering("al")), named(answering("named"));
    opened o(hub.url());
    o.add_route("/user/al/", al.url());
    o.add_route("/user/al/gpu/", named.url());
    EXPECT_EQ(ask(o.address(), get("/")).body, "hub");
    EXPECT_EQ(ask(o.address(), get("/user/al")).body, "al");
    EXPECT_EQ(ask(o.address(), get("/user/al/api/kernels?x=/user/al/gpu")).body, "al");
    EXPECT_EQ(ask(o.address(), get("/user/al/gpu/lab")).body, "named");
    EXPECT_EQ(ask(o.address(), get("/user/alan/")).body, "hub");
}

TEST(forwarding, without_any_route_404) {
    opened o;
    EXPECT_EQ(ask(o.address(), get("/x")).status(), 404);
}

TEST(forwarding, the_health_check_is_answered_here) {
    opened o;
    const auto m = ask(o.address(), get("/_chp_healthz"));
    EXPECT_EQ(m.status(), 200);
    EXPECT_EQ(m.body, R"({"status":"OK"})");
}

TEST(forwarding, hop_by_hop_headers_stay_here) {
    fake_server hub(echo_heads);
    opened o(hub.url());
    const auto seen =
        ask(o.address(), get("/a?b=c", "Connection: keep-alive, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: 5\r\n"
                                       "TE: trailers\r\nProxy-Authorization: x\r\nX-Kept: yes\r\n"))
            .body;
    EXPECT_THAT(seen, HasSubstr("GET /a?b=c HTTP/1.1\r\nHost: door.example:8000\r\n"));
    EXPECT_THAT(seen, HasSubstr("X-Kept: yes\r\n"));
    for (const char* gone : {"X-Secret", "Keep-Alive", "TE:", "Proxy-Authorization", "Connection"})
        EXPECT_THAT(seen, Not(HasSubstr(gone)));
}

TEST(forwarding, the_peer_is_named_and_claims_of_strangers_are_dropped) {
    fake_server hub(echo_heads);
    opened o(hub.url());
    const auto seen =
        ask(o.address(),
            get("/", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Real-IP: 6.6.6.6\r\n"
                     "X-Forwarded-Host: evil\r\nForwarded: for=6.6.6.6\r\n"))
            .body;
    EXPECT_THAT(seen, HasSubstr("X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n"
                                "X-Forwarded-Host: door.example:8000\r\nX-Forwarded-Port: 8000\r\n"));
    EXPECT_THAT(seen, Not(HasSubstr("6.6.6.6")));
    EXPECT_THAT(seen, Not(HasSubstr("evil")));
}

TEST(forwarding, a_trusted_proxy_is_believed) {
    fake_server hub(echo_heads);
    opened o(hub.url(), [](settings& s) { s.listen.trusted_proxies = {"127.0.0.0/8"}; });
    const auto seen =
        ask(o.address(), get("/", "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n")).body;
    EXPECT_THAT(seen, HasSubstr("X-Forwarded-For: 192.0.2.7, 127.0.0.1\r\nX-Forwarded-Proto: https\r\n"));
}

TEST(forwarding, a_unix_socket_of_the_hub_and_both_ways_to_write_it) {
    opened o;
    fake_server hub(answering("hub"), o.folder + "/hub.sock");
    o.add_route("/", hub.url());
    EXPECT_EQ(ask(o.address(), get("/")).body, "hub");
    std::string escaped;
    for (char c : o.folder + "/hub.sock") escaped += c == '/' ? std::string("%2F") : std::string(1, c);
    o.add_route("/b", "http+unix://" + escaped);
    EXPECT_EQ(ask(o.address(), get("/b")).body, "hub");
}

TEST(forwarding, names_are_resolved) {
    fake_server hub(answering("hub"));
    opened o("http://localhost:" + hub.url().substr(hub.url().rfind(':') + 1));
    EXPECT_EQ(ask(o.address(), get("/")).body, "hub");
}

TEST(forwarding, escaped_and_dotted_paths_find_their_route) {
    fake_server hub(answering("hub")), al(answering("al"));
    opened o(hub.url());
    o.add_route("/user/al%40x", al.url());
    EXPECT_EQ(ask(o.address(), get("/user/al@x/lab")).body, "al");
    EXPECT_EQ(ask(o.address(), get("/user/al%40x/lab")).body, "al");
    EXPECT_EQ(ask(o.address(), get("/user/al@x/../bob/")).body, "hub");
}

TEST(forwarding, host_routing) {
    fake_server hub(answering("hub")), al(answering("al"));
    opened o(hub.url(), [](settings& s) { s.host_routing = true; });
    o.add_route("/door.example/user/al", al.url());
    EXPECT_EQ(ask(o.address(), get("/user/al/")).body, "al");
    EXPECT_EQ(ask(o.address(), "GET /user/al/ HTTP/1.1\r\nHost: other\r\n\r\n").body, "hub");
}

TEST(forwarding, head_answers_have_no_body_and_the_connection_goes_on) {
    fake_server hub([](wire& w) {
        for (auto m = read_message(w); !m.head.empty(); m = read_message(w))
            w.send(m.head.starts_with("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                                              : ok_response("after"));
    });
    opened o(hub.url());
    auto w = dial(o.address());
    w.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(read_message(w, true).header("content-length"), "5");
    w.send(get("/"));
    EXPECT_EQ(read_message(w).body, "after");
}

TEST(forwarding, connections_are_kept_on_both_sides) {
    fake_server hub(answering("x"));
    opened o(hub.url(), [](settings& s) { s.threads = 1; });
    auto w = dial(o.address());
    for (int i = 0; i < 50; ++i) {
        w.send(get("/"));
        ASSERT_EQ(read_message(w).body, "x");
    }
    EXPECT_EQ(ask(o.address(), get("/")).body, "x");
    EXPECT_EQ(hub.accepted(), 1);
}

TEST(forwarding, pipelined_requests_are_answered_in_their_order) {
    fake_server hub([](wire& w) {
        for (auto m = read_message(w); !m.head.empty(); m = read_message(w))
            w.send(ok_response(m.head.substr(4, 3)));
    });
    opened o(hub.url());
    auto w = dial(o.address());
    w.send(get("/1/") + get("/2/") + "\r\n" + get("/3/"));
    for (const char* path : {"/1/", "/2/", "/3/"}) EXPECT_EQ(read_message(w).body, path);
}

TEST(forwarding, http_1_0_gets_plain_bodies) {
    fake_server hub([](wire& w) {
        while (!read_message(w).head.empty())
            w.send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n");
    });
    opened o(hub.url());
    auto w = dial(o.address());
    w.send("GET / HTTP/1.0\r\n\r\n");
    const auto all = w.read_all();
    EXPECT_THAT(all, HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(all.ends_with("\r\n\r\nabcde")) << all;
}

TEST(forwarding, one_hundred_continue_and_early_hints_pass) {
    fake_server hub([](wire& w) {
        const auto head = w.read_until("\r\n\r\n");
        w.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
        w.send(ok_response(w.read_exactly(5)));
    });
    opened o(hub.url());
    auto w = dial(o.address());
    w.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    EXPECT_THAT(w.read_until("\r\n\r\n"), HasSubstr("103 Early Hints"));
    EXPECT_THAT(w.read_until("\r\n\r\n"), HasSubstr("100 Continue"));
    w.send("12345");
    EXPECT_EQ(read_message(w).body, "12345");
}

} // namespace
} // namespace berth::proxy::test
