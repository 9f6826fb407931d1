// SPDX-License-Identifier: BSD-3-Clause
#include "tests/daemon/proxy/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::proxy::test {
namespace {

using namespace std::chrono_literals;

TEST(limits, heads_that_are_too_large_431) {
    fake_server hub(answering("x"));
    opened o(hub.url());
    EXPECT_EQ(ask(o.address(), get("/", "X-Big: " + std::string(100 << 10, 'x') + "\r\n")).status(), 431);
    EXPECT_EQ(ask(o.address(), get("/" + std::string(100 << 10, 'x'))).status(), 431);
    std::string many;
    for (int i = 0; i < 400; ++i) many += "X: y\r\n";
    EXPECT_EQ(ask(o.address(), get("/", many)).status(), 431);
    EXPECT_EQ(ask(o.address(), get("/", "X-Big: " + std::string(32 << 10, 'x') + "\r\n")).body, "x");
}

TEST(limits, slow_heads_408) {
    opened o("", [](settings& s) { s.listen.bounds.header_time = 60ms; });
    auto w = dial(o.address());
    w.send("GET / HT");
    EXPECT_EQ(read_message(w).status(), 408);
    EXPECT_TRUE(w.ended());
}

TEST(limits, slow_bodies_408) {
    fake_server hub([](wire& w) { w.read_all(); });
    opened o(hub.url(), [](settings& s) { s.listen.bounds.body_time = 60ms; });
    auto w = dial(o.address());
    w.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_EQ(read_message(w).status(), 408);
}

TEST(limits, idle_connections_are_closed_without_a_word) {
    opened o("", [](settings& s) { s.listen.bounds.idle_time = 60ms; });
    auto w = dial(o.address());
    EXPECT_EQ(w.read_all(), "");
}

TEST(limits, an_idle_tunnel_is_not_an_idle_connection) {
    fake_server hub([](wire& w) {
        w.read_until("\r\n\r\n");
        w.send("HTTP/1.1 101 Switching Protocols\r\n\r\n");
        w.send(w.read_some());
        w.read_some();
    });
    opened o(hub.url(), [](settings& s) {
        s.listen.bounds.idle_time = s.listen.bounds.header_time = s.listen.bounds.body_time = 20ms;
        s.tick = 5ms;
    });
    auto w = dial(o.address());
    w.send(get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    w.read_until("\r\n\r\n");
    auto other = dial(o.address());
    EXPECT_EQ(other.read_all(), ""); // an idle one opened later is gone by now
    w.send("alive");
    EXPECT_EQ(w.read_exactly(5), "alive");
}

TEST(limits, further_connections_wait_in_the_kernel) {
    fake_server hub(answering("x"));
    opened o(hub.url(), [](settings& s) { s.listen.bounds.connections = 2; });
    auto a = dial(o.address()), b = dial(o.address());
    for (auto* w : {&a, &b}) {
        w->send(get("/"));
        EXPECT_EQ(read_message(*w).body, "x");
    }
    auto c = dial(o.address());
    c.send(get("/"));
    a.close();
    EXPECT_EQ(read_message(c).body, "x");
    EXPECT_LE(o.door->now().connections, 2u);
}

TEST(limits, the_end_waits_for_requests_under_way) {
    std::atomic<bool> asked{false}, go{false};
    fake_server hub([&](wire& w) {
        w.read_until("\r\n\r\n");
        asked = true;
        while (!go) std::this_thread::yield();
        w.send(ok_response("late"));
    });
    opened o(hub.url());
    const auto address = o.address();
    auto w = dial(address), idle = dial(address);
    w.send(get("/"));
    while (!asked) std::this_thread::yield();
    std::thread stopper([&] { o.door->stop(20s); });
    EXPECT_EQ(idle.read_all(), ""); // draining has begun
    go = true;
    const auto m = read_message(w);
    EXPECT_EQ(m.body, "late");
    EXPECT_EQ(m.header("connection"), "close");
    stopper.join();
}

} // namespace
} // namespace berth::proxy::test
