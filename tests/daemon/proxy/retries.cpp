// SPDX-License-Identifier: BSD-3-Clause
#include "tests/daemon/proxy/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::proxy::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The first connection answers once and closes when the second request has come, as a server whose keep-alive
// time has just run out would; later ones answer for good.
fake_server::behaviour stale_once(std::atomic<int>& turn) {
    return [&turn](wire& w) {
        const bool first = turn++ == 0;
        read_message(w);
        w.send(ok_response("one"));
        if (first) {
            w.read_until("\r\n\r\n");
            return;
        }
        while (!read_message(w).head.empty()) w.send(ok_response("two"));
    };
}

TEST(retries, a_stale_connection_is_not_seen) {
    std::atomic<int> turn{0};
    fake_server notebook(stale_once(turn));
    opened o;
    o.add_route("/user/al", notebook.url());
    auto w = dial(o.address());
    w.send(get("/user/al/"));
    EXPECT_EQ(read_message(w).body, "one");
    w.send(get("/user/al/"));
    EXPECT_EQ(read_message(w).body, "one");
    EXPECT_EQ(turn, 2);
}

TEST(retries, a_request_that_must_not_be_done_twice_is_not_repeated) {
    std::atomic<int> posts{0};
    fake_server notebook([&](wire& w) {
        read_message(w);
        w.send(ok_response("one"));
        if (!read_message(w).head.empty()) ++posts;
    });
    opened o;
    o.add_route("/user/al", notebook.url());
    auto w = dial(o.address());
    w.send(get("/user/al/"));
    EXPECT_EQ(read_message(w).body, "one");
    w.send("POST /user/al/api/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
    const auto m = read_message(w);
    EXPECT_EQ(m.status(), 503);
    EXPECT_EQ(posts, 1);
}

TEST(retries, a_connection_closed_while_idle_is_not_used_for_a_post) {
    fake_server notebook([](wire& w) {
        const auto m = read_message(w);
        if (!m.head.empty()) w.send(ok_response("once"));
    });
    opened o;
    o.add_route("/user/al", notebook.url());
    auto w = dial(o.address());
    for (int i = 0; i < 20; ++i) {
        w.send("POST /user/al/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
        ASSERT_EQ(read_message(w).body, "once");
        while (notebook.closed() <= i) std::this_thread::yield();
    }
}

std::string closed_port() {
    fake_server s(answering(""));
    auto url = s.url();
    s.stop();
    return url;
}

TEST(retries, a_dead_notebook_gets_the_hubs_page_under_503) {
    fake_server hub([](wire& w) {
        for (auto m = read_message(w); !m.head.empty(); m = read_message(w))
            w.send(ok_response("page for " + m.head, "Content-Type: text/html\r\nSet-Cookie: a=b\r\n"));
    });
    opened o(hub.url());
    o.add_route("/user/al", closed_port());
    auto w = dial(o.address());
    w.send(get("/user/al/lab?a=b", "Accept: text/html\r\nCookie: secret=1\r\nAuthorization: token t\r\n"));
    const auto m = read_message(w);
    EXPECT_EQ(m.status(), 503);
    EXPECT_EQ(m.header("content-type"), "text/html");
    EXPECT_EQ(m.header("set-cookie"), "");
    EXPECT_THAT(m.body, HasSubstr("GET /hub/error/503?url=%2Fuser%2Fal%2Flab%3Fa%3Db HTTP/1.1\r\n"));
    EXPECT_THAT(m.body, Not(HasSubstr("secret")));
    EXPECT_THAT(m.body, Not(HasSubstr("Authorization")));
    w.send(get("/hub/x"));
    EXPECT_THAT(read_message(w).body, HasSubstr("GET /hub/x "));
}

TEST(retries, programs_get_json_for_a_dead_notebook) {
    fake_server hub(answering("page"));
    opened o(hub.url());
    o.add_route("/user/al", closed_port());
    for (const auto& request :
         {get("/user/al/api/kernels"), get("/user/al/x", "Accept: application/json\r\n")}) {
        const auto m = ask(o.address(), request);
        EXPECT_EQ(m.status(), 503);
        EXPECT_EQ(m.header("content-type"), "application/json");
        EXPECT_THAT(m.body, HasSubstr(R"("status":503)"));
        EXPECT_NE(m.header("retry-after"), "");
    }
}

TEST(retries, notebook_and_hub_dead_a_page_of_our_own) {
    opened o(closed_port());
    o.add_route("/user/al", closed_port());
    const auto m = ask(o.address(), get("/user/al/lab", "Accept: text/html\r\n"));
    EXPECT_EQ(m.status(), 503);
    EXPECT_THAT(m.body, HasSubstr("does not answer"));
}

TEST(retries, a_notebook_that_dies_in_mid_request) {
    fake_server notebook([](wire& w) { w.read_until("\r\n\r\n"); });
    opened o;
    o.add_route("/user/al", notebook.url());
    EXPECT_EQ(ask(o.address(), get("/user/al/api/x")).status(), 503);
}

} // namespace
} // namespace berth::proxy::test
