// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/route_client.hpp"

#include "tests/daemon/proxy/support.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace berth::proxy::test {
namespace {

namespace asio = boost::asio;

class hub_side {
  public:
    explicit hub_side(std::string api_url, const char* token = "t")
        : http_(io_.get_executor(), log_)
        , client(http_, time_, log_,
                 {.api_url = std::move(api_url),
                  .token = secret(token),
                  .first_pause = std::chrono::milliseconds(1)}) {}

    template<class T>
    T run(asio::awaitable<T> work) {
        std::optional<T> out;
        asio::co_spawn(io_, std::move(work), [&](const std::exception_ptr& e, T value) {
            if (!e) out = std::move(value);
        });
        io_.restart();
        while (!out && io_.run_one_for(std::chrono::seconds(30))) {
        }
        return out ? std::move(*out) : T(fail(errc::internal, "no outcome"));
    }

  private:
    asio::io_context io_;
    null_logger log_;
    system_clock time_;
    http_client http_;

  public:
    route_client client;
};

// As many as a centre has, in a body that curl sends in pieces, after asking whether it may.
TEST(route_client, many_routes_in_one_call) {
    opened o("http://127.0.0.1:9");
    hub_side hub(o.door->api_address());
    nlohmann::json table;
    for (int i = 0; i < 20'000; ++i)
        table["/user/al" + std::to_string(i)] = {{"target", "http://127.0.0.1:8"}, {"user", "al"}, {"jupyterhub", true}, {"server_name", ""}};
    ASSERT_GT(table.dump().size(), 1u << 20);
    const auto done = hub.run(hub.client.add_all(std::move(table)));
    ASSERT_TRUE(done) << done.error().message;
    const auto list = hub.run(hub.client.list());
    ASSERT_TRUE(list) << list.error().message;
    EXPECT_EQ(list->size(), 20'001u);
}

TEST(route_client, routes_come_and_go) {
    opened o("http://127.0.0.1:9");
    hub_side hub(o.door->api_address());
    ASSERT_TRUE(hub.run(hub.client.add("/user/al%40x/", "http://127.0.0.1:8", {{"user", "al@x"}})));
    const auto list = hub.run(hub.client.list());
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_EQ(list->size(), 2u);
    EXPECT_EQ((*list)[1].routespec, "/user/al@x");
    EXPECT_EQ((*list)[1].target, "http://127.0.0.1:8");
    EXPECT_EQ(nlohmann::json::parse((*list)[1].data)["user"], "al@x");
    EXPECT_TRUE((*list)[1].last_activity.has_value());
    EXPECT_EQ(hub.run(hub.client.has("/user/al%40x/")), true);
    EXPECT_EQ(hub.run(hub.client.has("/user/bo/")), false);
    EXPECT_TRUE(hub.run(hub.client.remove("/user/al%40x/")));
    EXPECT_TRUE(hub.run(hub.client.remove("/user/al%40x/"))); // gone already is as good
    EXPECT_EQ(hub.run(hub.client.list())->size(), 1u);
    EXPECT_TRUE(hub.run(hub.client.add_all({{"/a", {{"target", "http://127.0.0.1:8"}}}})));
    EXPECT_EQ(hub.run(hub.client.list())->size(), 2u);
    EXPECT_TRUE(hub.run(hub.client.session_ended("abc")));
    EXPECT_EQ(hub.run(hub.client.add("/x", "ftp://nowhere", nlohmann::json::object())).error().code,
              errc::invalid_argument);
}

TEST(route_client, a_wrong_token_is_told_as_that) {
    opened o("http://127.0.0.1:9");
    hub_side hub(o.door->api_address(), "wrong");
    EXPECT_EQ(hub.run(hub.client.list()).error().code, errc::denied);
}

TEST(route_client, a_door_that_comes_back_is_found) {
    std::atomic<int> calls{0};
    fake_server door([&](wire& w) {
        for (auto m = read_message(w); !m.head.empty(); m = read_message(w))
            w.send(++calls < 3 ? "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n" : ok_response("{}"));
    });
    hub_side hub(door.url());
    EXPECT_TRUE(hub.run(hub.client.list()));
    EXPECT_EQ(calls, 3);
}

TEST(route_client, a_door_that_is_not_there_is_unavailable) {
    hub_side hub("unix:/nonexistent/api.sock");
    EXPECT_EQ(hub.run(hub.client.list()).error().code, errc::unavailable);
}

TEST(route_client, a_door_that_cannot_end_sessions_is_forgiven) {
    fake_server door([](wire& w) {
        while (!read_message(w).head.empty()) w.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    });
    hub_side hub(door.url());
    EXPECT_TRUE(hub.run(hub.client.session_ended("abc")));
    EXPECT_EQ(hub.run(hub.client.add_all(nlohmann::json::object())).error().code, errc::not_found);
}

} // namespace
} // namespace berth::proxy::test
