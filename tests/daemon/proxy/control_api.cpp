// SPDX-License-Identifier: BSD-3-Clause
#include "tests/daemon/proxy/support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <regex>
#include <sys/stat.h>

namespace berth::proxy::test {
namespace {

using nlohmann::json;

struct call {
    const char* method;
    const char* path;
    const char* body;
    int status;
};

// In this order on one door, as a real configurable-http-proxy 5.3 answers them.
const call calls[] = {
    {"GET", "/api/routes", "", 200},
    {"GET", "/api/routes/", "", 200},
    {"GET", "/api/routes/user/al", "", 404},
    {"POST", "/api/routes/user/al", R"({"target":"http://127.0.0.1:9","user":"al"})", 201},
    {"POST", "/api/routes/user/al/", R"({"target":"http://127.0.0.1:9","user":"al"})", 201},
    {"POST", "/api/routes/user/b%40c", R"({"target":"http://127.0.0.1:9"})", 201},
    {"GET", "/api/routes/user/al", "", 200},
    {"GET", "/api/routes/user/al/", "", 200},
    {"GET", "/api/routes/user/b@c", "", 200},
    {"GET", "/api/routes/user", "", 404},
    {"POST", "/api/routes/x", "", 400},
    {"POST", "/api/routes/x", "{}", 400},
    {"POST", "/api/routes/x", "[]", 400},
    {"POST", "/api/routes/x", R"({"target":5})", 400},
    {"POST", "/api/routes/x", "not json", 400},
    {"GET", "/api/routes?inactive_since=nonsense", "", 400},
    {"GET", "/api/routes?inactive_since=2026-01-01T00:00:00.000Z", "", 200},
    {"PATCH", "/api/routes/x", "{}", 405},
    {"GET", "/api/nothing", "", 404},
    {"GET", "/", "", 404},
    {"DELETE", "/api/routes/user/al", "", 204},
    {"DELETE", "/api/routes/user/al", "", 404},
    {"DELETE", "/api/routes/user/b%40c", "", 204},
};

TEST(control_api, answers_as_configurable_http_proxy_does) {
    opened o("http://127.0.0.1:9");
    for (const auto& c : calls)
        EXPECT_EQ(o.api(c.method, c.path, c.body).status(), c.status)
            << c.method << " " << c.path << " " << c.body;
}

TEST(control_api, a_route_is_listed_with_its_data_and_activity) {
    opened o("http://127.0.0.1:9");
    EXPECT_EQ(o.api("POST", "/api/routes/user/al%40x/",
                    R"({"target":"http://n:1","user":"al","server_name":"","jupyterhub":true})")
                  .status(),
              201);
    const auto table = json::parse(o.api("GET", "/api/routes").body);
    ASSERT_TRUE(table.contains("/user/al@x"));
    const auto& r = table["/user/al@x"];
    EXPECT_EQ(r["target"], "http://n:1");
    EXPECT_EQ(r["user"], "al");
    EXPECT_EQ(r["jupyterhub"], true);
    const auto when = r["last_activity"].get<std::string>();
    EXPECT_TRUE(std::regex_match(when, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"))) << when;
    EXPECT_EQ(table["/"]["target"], "http://127.0.0.1:9");
}

TEST(control_api, without_the_token_403) {
    opened o("http://127.0.0.1:9");
    for (const char* path : {"/api/routes", "/api/routes/x", "/api/status"})
        EXPECT_EQ(o.api("GET", path, "", "wrong").status(), 403);
    EXPECT_EQ(o.api("POST", "/api/routes/x", R"({"target":"http://n:1"})", "wrong").status(), 403);
    EXPECT_EQ(ask(o.door->api_address(), "GET /api/routes HTTP/1.1\r\nHost: a\r\n\r\n").status(), 403);
    EXPECT_EQ(
        ask(o.door->api_address(), "GET /api/routes HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer t\r\n\r\n")
            .status(),
        200);
    EXPECT_EQ(o.api("GET", "/api/routes/x").status(), 404);
}

TEST(control_api, the_socket_is_for_its_owner) {
    opened o;
    struct stat s{};
    ASSERT_EQ(stat((o.folder + "/api.sock").c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 0777, 0600u);
}

// As text, which grows with the time.
std::string activity(opened& o, const std::string& path) {
    return json::parse(o.api("GET", "/api/routes" + path).body)["last_activity"];
}

TEST(control_api, answers_below_300_are_activity_others_are_not) {
    fake_server notebook([](wire& w) {
        for (auto m = read_message(w); !m.head.empty(); m = read_message(w))
            w.send(m.head.find("/bad") != m.head.npos ? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
                                                      : ok_response("x"));
    });
    opened o;
    o.add_route("/user/al", notebook.url());
    const auto before = activity(o, "/user/al");
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(ask(o.address(), get("/user/al/bad")).status(), 404);
        std::this_thread::sleep_for(std::chrono::milliseconds(30)); // the clock of the io threads goes on
    }
    EXPECT_EQ(activity(o, "/user/al"), before);
    while (activity(o, "/user/al") == before) EXPECT_EQ(ask(o.address(), get("/user/al/good")).status(), 200);
    EXPECT_GT(activity(o, "/user/al"), before);
}

TEST(control_api, many_routes_in_one_call) {
    fake_server a(answering("a")), b(answering("b"));
    opened o(a.url());
    o.add_route("/x", b.url());
    json table;
    for (int i = 0; i < 5000; ++i) table["/user/u" + std::to_string(i)] = {{"target", b.url()}};
    EXPECT_EQ(o.api("PATCH", "/api/routes", table.dump()).body, R"({"routes":5000})");
    EXPECT_EQ(ask(o.address(), get("/user/u4711/lab")).body, "b");
    EXPECT_EQ(ask(o.address(), get("/x")).body, "b") << "the others stay";
    EXPECT_EQ(o.api("PATCH", "/api/routes", "[]").status(), 400);
    EXPECT_EQ(ask(o.address(), get("/user/u4711/lab")).body, "b");
}

TEST(control_api, a_route_is_there_for_all_threads_once_it_is_answered) {
    fake_server hub(answering("hub")), al(answering("al"));
    opened o(hub.url(), [](settings& s) { s.threads = 4; });
    for (int i = 0; i < 20; ++i) {
        o.add_route("/user/al", al.url());
        for (int k = 0; k < 8; ++k) ASSERT_EQ(ask(o.address(), get("/user/al/")).body, "al");
        ASSERT_EQ(o.api("DELETE", "/api/routes/user/al").status(), 204);
        for (int k = 0; k < 8; ++k) ASSERT_EQ(ask(o.address(), get("/user/al/")).body, "hub");
    }
}

TEST(control_api, many_calls_on_one_connection) {
    opened o;
    auto w = dial(o.door->api_address());
    for (int i = 0; i < 50; ++i) {
        w.send("GET /api/status HTTP/1.1\r\nHost: a\r\nAuthorization: token t\r\n\r\n");
        ASSERT_EQ(json::parse(read_message(w).body)["connections"], 0);
    }
}

TEST(control_api, shutdown_tells_the_owner) {
    std::atomic<bool> told{false};
    opened o("", {}, {.shut_down = [&] { told = true; }});
    EXPECT_EQ(o.api("POST", "/api/shutdown").status(), 202);
    while (!told) std::this_thread::yield();
}

} // namespace
} // namespace berth::proxy::test
