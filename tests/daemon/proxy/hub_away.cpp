// SPDX-License-Identifier: BSD-3-Clause
#include "tests/daemon/proxy/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::proxy::test {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

TEST(hub_away, a_request_waits_for_the_hub_to_come_back) {
    opened o;
    const auto socket = o.folder + "/hub.sock";
    o.add_route("/", "http+unix:" + socket);
    auto w = dial(o.address());
    w.send("POST /hub/api/users HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde");
    while (o.door->now().connections == 0) std::this_thread::yield();
    fake_server hub(
        [](wire& c) {
            for (auto m = read_message(c); !m.head.empty(); m = read_message(c))
                c.send(ok_response("got " + m.body));
        },
        socket);
    EXPECT_EQ(read_message(w).body, "got abcde");
}

TEST(hub_away, a_restart_is_not_seen_by_a_kept_connection) {
    opened o;
    const auto socket = o.folder + "/hub.sock";
    o.add_route("/", "http+unix:" + socket);
    auto w = dial(o.address());
    for (const char* name : {"first", "second", "third"}) {
        fake_server hub(answering(name), socket);
        w.send(get("/hub/"));
        EXPECT_EQ(read_message(w).body, name);
    }
}

TEST(hub_away, a_request_that_the_dying_hub_had_is_asked_again) {
    opened o;
    const auto socket = o.folder + "/hub.sock";
    o.add_route("/", "http+unix:" + socket);
    auto w = dial(o.address());
    std::atomic<bool> had{false};
    {
        fake_server dying(
            [&](wire& c) {
                c.read_until("\r\n\r\n");
                had = true;
                c.read_some();
            },
            socket);
        w.send(get("/hub/"));
        while (!had) std::this_thread::yield();
    }
    fake_server hub(answering("back"), socket);
    EXPECT_EQ(read_message(w).body, "back");
}

TEST(hub_away, for_too_long_programs_get_503_with_retry_after) {
    opened o("http+unix:/nonexistent/hub.sock", [](settings& s) { s.hold_time = 50ms; });
    const auto m = ask(o.address(), get("/hub/api/user"));
    EXPECT_EQ(m.status(), 503);
    EXPECT_NE(m.header("retry-after"), "");
    EXPECT_THAT(m.body, HasSubstr(R"({"status":503,"message":")"));
}

TEST(hub_away, for_too_long_browsers_get_a_page_that_reloads_itself) {
    opened o("http+unix:/nonexistent/hub.sock", [](settings& s) { s.hold_time = 50ms; });
    const auto m = ask(o.address(), get("/hub/home", "Accept: text/html,*/*\r\n"));
    EXPECT_EQ(m.status(), 503);
    EXPECT_THAT(m.header("content-type"), HasSubstr("text/html"));
    EXPECT_THAT(m.body, HasSubstr("http-equiv=\"refresh\""));
    EXPECT_THAT(m.body, HasSubstr("Running notebooks go on"));
}

} // namespace
} // namespace berth::proxy::test
