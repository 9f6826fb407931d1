// SPDX-License-Identifier: BSD-3-Clause
#include "tests/daemon/proxy/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::proxy::test {
namespace {

using ::testing::HasSubstr;

// Agrees to any upgrade, says "hi" at once, then sends back what it gets; says "bye" to a half-close.
void echo_tunnel(wire& w) {
    const auto head = w.read_until("\r\n\r\n");
    w.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Seen: "
           "1\r\n\r\nhi");
    for (auto bytes = w.read_some(); !bytes.empty(); bytes = w.read_some())
        if (!w.send(bytes)) return;
    w.send("bye");
}

wire open_tunnel(const opened& o, std::string_view cookie = "", std::string_view early = "") {
    auto w = dial(o.address());
    w.send(get("/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n" + std::string(cookie)) +
           std::string(early));
    EXPECT_THAT(w.read_until("\r\n\r\n"), HasSubstr("101 Switching Protocols"));
    return w;
}

TEST(tunnels, bytes_go_both_ways_those_behind_the_heads_included) {
    fake_server hub(echo_tunnel);
    opened o(hub.url());
    auto w = open_tunnel(o, "", "early");
    EXPECT_EQ(w.read_exactly(7), "hiearly");
    w.send("more");
    EXPECT_EQ(w.read_exactly(4), "more");
    EXPECT_EQ(o.door->now().tunnels, 1u);
}

TEST(tunnels, a_half_close_passes_and_the_other_way_goes_on) {
    fake_server hub(echo_tunnel);
    opened o(hub.url());
    auto w = open_tunnel(o);
    w.send("x");
    EXPECT_EQ(w.read_exactly(3), "hix");
    w.half_close();
    EXPECT_EQ(w.read_all(), "bye");
}

TEST(tunnels, megabytes_with_a_slow_reader_arrive_whole) {
    fake_server hub(echo_tunnel);
    opened o(hub.url());
    auto w = open_tunnel(o);
    EXPECT_EQ(w.read_exactly(2), "hi");
    std::string data(20 << 20, '\0');
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * 2654435761u >> 13);
    std::thread sender([&] { w.send(data); });
    const auto back = w.read_exactly(data.size());
    sender.join();
    EXPECT_TRUE(back == data);
}

TEST(tunnels, a_refused_upgrade_is_an_ordinary_answer) {
    fake_server hub(answering("no"));
    opened o(hub.url());
    auto w = dial(o.address());
    w.send(get("/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    EXPECT_EQ(read_message(w).body, "no");
    w.send(get("/"));
    EXPECT_EQ(read_message(w).body, "no");
}

TEST(tunnels, the_end_of_a_session_closes_its_tunnels_and_no_others) {
    fake_server hub(echo_tunnel);
    opened o(hub.url());
    auto mine = open_tunnel(o, "Cookie: a=b; jupyterhub-session-id=abc; c=d\r\n");
    auto other = open_tunnel(o, "Cookie: jupyterhub-session-id=abcd\r\n");
    auto none = open_tunnel(o);
    for (auto* w : {&mine, &other, &none}) EXPECT_EQ(w->read_exactly(2), "hi");
    const auto m = o.api("POST", "/api/sessions/ended", R"({"session_id":"abc"})");
    EXPECT_EQ(m.status(), 200);
    EXPECT_EQ(m.body, R"({"closed":1})");
    EXPECT_EQ(mine.read_all(), "");
    for (auto* w : {&other, &none}) {
        w->send("still");
        EXPECT_EQ(w->read_exactly(5), "still");
    }
}

TEST(tunnels, a_removed_route_closes_its_tunnels_a_repeated_one_does_not) {
    fake_server hub(answering("hub")), al(echo_tunnel);
    opened o(hub.url());
    o.add_route("/ws", al.url());
    auto w = open_tunnel(o);
    EXPECT_EQ(w.read_exactly(2), "hi");
    o.add_route("/ws", al.url());
    EXPECT_EQ(o.api("PATCH", "/api/routes", R"({"/ws":{"target":")" + al.url() + R"("}})").status(), 200);
    w.send("x");
    EXPECT_EQ(w.read_exactly(1), "x");
    EXPECT_EQ(o.api("DELETE", "/api/routes/ws").status(), 204);
    EXPECT_EQ(w.read_all(), "");
}

TEST(tunnels, outlive_their_hub_when_they_lead_to_a_notebook) {
    fake_server notebook(echo_tunnel);
    auto hub = std::make_unique<fake_server>(answering("hub"));
    opened o(hub->url());
    o.add_route("/ws", notebook.url());
    auto w = open_tunnel(o);
    hub->stop();
    w.send("x");
    EXPECT_EQ(w.read_exactly(3), "hix");
}

TEST(tunnels, h2c_is_not_tunnelled) {
    fake_server hub(echo_heads);
    opened o(hub.url());
    const auto m =
        ask(o.address(),
            get("/", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"));
    EXPECT_EQ(m.body.find("h2c"), std::string::npos);
    EXPECT_EQ(m.body.find("HTTP2"), std::string::npos);
}

} // namespace
} // namespace berth::proxy::test
