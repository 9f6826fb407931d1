// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/addresses.hpp"
#include "tests/daemon/proxy/support.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <stdlib.h>
#include <sys/socket.h>
#include <thread>

namespace berth::proxy::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

void echo_tunnel(wire& w) {
    w.read_until("\r\n\r\n");
    w.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    for (auto bytes = w.read_some(); !bytes.empty(); bytes = w.read_some())
        if (!w.send(bytes)) return;
}

// Doors of this process that take over from each other, as processes do: each takes the line that the one
// before it was given a pair of sockets for.
class dynasty {
  public:
    explicit dynasty(const std::string& hub) : hub_(hub) {
        char name[] = "/tmp/berth-proxy-XXXXXX";
        folder_ = mkdtemp(name);
        add({});
    }
    ~dynasty() {
        doors_.clear();
        std::filesystem::remove_all(folder_);
    }

    front_door& door(std::size_t i) { return *doors_.at(i); }
    bool abandoned(std::size_t i) const { return *abandoned_.at(i); }
    const std::string& address() const { return address_; }
    message api(std::string_view method, std::string_view path, std::string_view body = "") {
        return ask("unix:" + folder_ + "/api.sock",
                   std::string(method) + " " + std::string(path) +
                       " HTTP/1.1\r\nHost: api\r\nAuthorization: token t\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
    }

    // The answer of POST /api/replace, once the successor stands (or has failed, as `heir` says).
    message replace(std::function<void(unique_fd)> heir = {}) {
        heir_ = std::move(heir);
        auto answer = api("POST", "/api/replace");
        if (heir_thread_.joinable()) heir_thread_.join();
        return answer;
    }

  private:
    void add(inheritance from) {
        settings s;
        s.listen.address = from.listen ? from.listen_address : "127.0.0.1:0";
        s.api_address = "unix:" + folder_ + "/api.sock";
        s.api_token = secret("t");
        s.default_target = hub_;
        s.threads = 2;
        s.tick = std::chrono::milliseconds(20);
        abandoned_.push_back(std::make_shared<std::atomic<bool>>(false));
        door_hooks hooks{.launch = [this] { return launch(); },
                         .abandoned = [flag = abandoned_.back()] { *flag = true; }};
        auto made = std::make_unique<front_door>(std::move(s), log_, std::move(from), std::move(hooks));
        const auto ok = made->start();
        ASSERT_TRUE(ok.has_value()) << ok.error().message;
        if (address_.empty()) address_ = made->address();
        doors_.push_back(std::move(made));
    }

    result<launched_successor> launch() {
        int ends[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        heir_thread_ = std::thread([this, theirs = ends[1]] {
            if (heir_) return heir_(unique_fd(theirs));
            auto from = receive_inheritance(unique_fd(theirs));
            ASSERT_TRUE(from.has_value()) << from.error().message;
            add(std::move(*from));
        });
        return launched_successor{-1, unique_fd(ends[0])};
    }

    std::string hub_, folder_, address_;
    null_logger log_;
    std::vector<std::unique_ptr<front_door>> doors_;
    std::vector<std::shared_ptr<std::atomic<bool>>> abandoned_;
    std::function<void(unique_fd)> heir_;
    std::thread heir_thread_;
};

wire open_tunnel(const std::string& address, std::string_view session,
                 std::string_view path = "/user/al/ws") {
    auto w = dial(address);
    w.send(get(path, "Connection: Upgrade\r\nUpgrade: websocket\r\nCookie: jupyterhub-session-id=" +
                         std::string(session) + "\r\n"));
    EXPECT_THAT(w.read_until("\r\n\r\n"), HasSubstr("101 Switching Protocols"));
    return w;
}

void expect_echo(wire& w, std::string_view text) {
    w.send(text);
    EXPECT_EQ(w.read_exactly(text.size()), text);
}

std::string route_to(const fake_server& s) { return json{{"target", s.url()}}.dump(); }

TEST(handover, the_successor_has_the_socket_and_the_routes) {
    fake_server hub(answering("hub")), notebook(answering("notebook"));
    dynasty d(hub.url());
    EXPECT_EQ(d.api("POST", "/api/routes/user/al", route_to(notebook)).status(), 201);
    const auto before = json::parse(d.api("GET", "/api/routes").body);
    EXPECT_EQ(d.replace().status(), 200);
    EXPECT_EQ(d.door(1).address(), d.address());
    EXPECT_EQ(json::parse(d.api("GET", "/api/routes").body), before); // the activity as well
    for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(d.address(), get("/user/al/x")).body, "notebook");
    while (d.door(0).now().connections > 0) std::this_thread::yield(); // all of them went to the successor
}

TEST(handover, a_kept_connection_is_answered_once_more_and_told_to_close) {
    fake_server hub(answering("hub"));
    dynasty d(hub.url());
    auto kept = dial(d.address());
    kept.send(get("/a"));
    EXPECT_EQ(read_message(kept).header("Connection"), "");
    EXPECT_EQ(d.replace().status(), 200);
    kept.send(get("/b"));
    const auto last = read_message(kept);
    EXPECT_EQ(last.body, "hub");
    EXPECT_EQ(last.header("Connection"), "close");
    EXPECT_TRUE(kept.ended());
}

TEST(handover, tunnels_stay_and_hear_of_ended_sessions_and_routes) {
    fake_server hub(answering("hub")), notebook(echo_tunnel);
    dynasty d(hub.url());
    EXPECT_EQ(d.api("POST", "/api/routes/user/al", route_to(notebook)).status(), 201);
    EXPECT_EQ(d.api("POST", "/api/routes/user/bo", route_to(notebook)).status(), 201);
    auto first = open_tunnel(d.address(), "s1"), second = open_tunnel(d.address(), "s2"),
         third = open_tunnel(d.address(), "s3", "/user/bo/ws");
    EXPECT_EQ(d.replace().status(), 200);
    auto newer = open_tunnel(d.address(), "s1");
    for (auto* w : {&first, &second, &third, &newer}) expect_echo(*w, "still there");
    EXPECT_EQ(d.api("POST", "/api/sessions/ended", R"({"session_id":"s1"})").status(), 200);
    EXPECT_TRUE(first.ended());
    EXPECT_TRUE(newer.ended());
    expect_echo(second, "not meant");
    EXPECT_EQ(d.api("DELETE", "/api/routes/user/bo").status(), 204);
    EXPECT_TRUE(third.ended());
    expect_echo(second, "nor here");
}

TEST(handover, twice_in_a_row_the_oldest_still_hears_everything) {
    fake_server hub(echo_tunnel);
    dynasty d(hub.url());
    auto oldest = open_tunnel(d.address(), "s0");
    EXPECT_EQ(d.replace().status(), 200);
    auto older = open_tunnel(d.address(), "s1");
    EXPECT_EQ(d.replace().status(), 200);
    EXPECT_EQ(json::parse(d.api("GET", "/api/status").body)["draining"], 2);
    expect_echo(oldest, "a");
    expect_echo(older, "b");
    EXPECT_EQ(d.api("POST", "/api/sessions/ended", R"({"session_id":"s0"})").status(), 200);
    EXPECT_TRUE(oldest.ended());
    expect_echo(older, "c");
    EXPECT_FALSE(d.abandoned(0));
    d.door(2).stop(duration(0));
    EXPECT_FALSE(d.abandoned(0)); // its line is the object's, which is there still
}

struct failing_heir {
    const char* name;
    std::vector<const char*> says;
};
class handover_failing : public ::testing::TestWithParam<failing_heir> {};

TEST_P(handover_failing, leaves_the_old_door_in_charge) {
    fake_server hub(answering("hub")), notebook(answering("notebook"));
    dynasty d(hub.url());
    const auto answer = d.replace([](unique_fd line) {
        EXPECT_TRUE(receive_message(line.get(), std::chrono::seconds(10)).has_value());
        for (const auto* text : GetParam().says) {
            EXPECT_TRUE(send_message(line.get(), text).has_value());
            if (std::string_view(text) == "prepared")
                EXPECT_TRUE(receive_message(line.get(), std::chrono::seconds(10)).has_value());
        }
    });
    EXPECT_EQ(answer.status(), 409);
    EXPECT_THAT(answer.body, HasSubstr("ended before it was ready"));
    EXPECT_EQ(ask(d.address(), get("/x")).body, "hub");
    EXPECT_EQ(d.api("POST", "/api/routes/user/al", route_to(notebook)).status(), 201);
    EXPECT_EQ(d.replace().status(), 200); // and another one may be tried
    EXPECT_EQ(ask(d.address(), get("/user/al/x")).body, "notebook");
}

INSTANTIATE_TEST_SUITE_P(, handover_failing,
                         ::testing::Values(failing_heir{"at_once", {}},
                                           failing_heir{"prepared", {"prepared"}},
                                           failing_heir{"talking_nonsense", {"{}", "ready", "x"}}),
                         [](const auto& one) { return one.param.name; });

TEST(handover, a_door_whose_successor_has_gone_is_told) {
    fake_server hub(answering("hub"));
    dynasty d(hub.url());
    unique_fd kept;
    const auto answer = d.replace([&](unique_fd line) {
        EXPECT_TRUE(receive_inheritance(unique_fd(dup(line.get()))).has_value());
        EXPECT_TRUE(send_message(line.get(), "prepared").has_value());
        EXPECT_TRUE(receive_message(line.get(), std::chrono::seconds(10)).has_value());
        EXPECT_TRUE(send_message(line.get(), "ready").has_value());
        kept = std::move(line);
    });
    EXPECT_EQ(answer.status(), 200);
    EXPECT_FALSE(d.abandoned(0));
    kept.reset();
    while (!d.abandoned(0)) std::this_thread::yield();
}

TEST(handover, another_address_in_the_settings_is_bound_anew) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    inheritance from;
    from.listen_address = "127.0.0.1:1";
    const auto other = open_listener("127.0.0.1:0");
    ASSERT_TRUE(other.has_value());
    from.listen = unique_fd(*other);
    settings s;
    s.listen.address = "127.0.0.1:0";
    s.threads = 1;
    null_logger log;
    front_door door(std::move(s), log, std::move(from));
    ASSERT_TRUE(door.start().has_value());
    EXPECT_EQ(ask(door.address(), get("/_chp_healthz")).status(), 200);
    close(ends[0]);
    close(ends[1]);
}

} // namespace
} // namespace berth::proxy::test
