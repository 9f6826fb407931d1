// SPDX-License-Identifier: BSD-3-Clause
// What a connection does with well-formed requests.
#include "tests/daemon/http/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::http::test {
namespace {

using testing::HasSubstr;
using testing::Not;

response echo(const request& r) {
    auto a = make_text(200, r.method + " " + r.path + " " + r.body);
    a.headers.add("X-Query", r.raw_query);
    a.headers.add("X-Inside", r.in_base_url ? "yes" : "no");
    a.headers.add("X-Seen-Host", r.host);
    return a;
}

std::string get_line(std::string_view path) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

TEST(session, answers_and_keeps_the_connection) {
    running_server s(answer_with(echo));
    auto c = s.connect();
    for (int i = 0; i < 3; ++i) {
        auto a = c.get("/a/b?x=1");
        EXPECT_EQ(a.status, 200);
        EXPECT_EQ(a.body, "GET /a/b ");
        EXPECT_EQ(a.header("X-Query"), "x=1");
        EXPECT_EQ(a.header("Content-Length"), "9");
        EXPECT_EQ(a.header("X-Request-ID").size(), 16U);
        EXPECT_EQ(a.header("Connection"), "");
        EXPECT_TRUE(a.header("Date").ends_with(" GMT")) << a.head;
    }
    EXPECT_EQ(s.on_thread([&] { return s.get().connections(); }), 1U);
}

TEST(session, answers_pipelined_requests_in_their_order) {
    running_server s(answer_with(echo));
    auto c = s.connect();
    std::string all;
    for (int i = 0; i < 100; ++i) {
        const auto body = std::string(static_cast<std::size_t>(i), 'x');
        all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(i) +
               "\r\n\r\n" + body;
        if (i % 10 == 0) all += "\r\n"; // an empty line that old clients send
    }
    ASSERT_TRUE(c.send(all));
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(c.read().body,
                  "POST /" + std::to_string(i) + " " + std::string(static_cast<std::size_t>(i), 'x'));
}

TEST(session, takes_a_request_byte_by_byte) {
    running_server s(answer_with(echo));
    auto c = s.connect();
    for (char b :
         std::string("\r\nPUT /slow HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n"
                     "2\r\nde\r\n0\r\nHost: evil\r\nX-T: 1\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n"))
        ASSERT_TRUE(c.send({&b, 1}));
    const auto a = c.read();
    EXPECT_EQ(a.body, "PUT /slow abcde");
    EXPECT_EQ(a.header("X-Seen-Host"), "h"); // not from the trailer
    EXPECT_EQ(c.read().body, "GET /next ");
}

TEST(session, head_has_no_body) {
    running_server s(answer_with(echo));
    auto c = s.connect();
    c.send("HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(c.read(true).header("Content-Length"), "8");
    EXPECT_EQ(c.get("/next").body, "GET /next ");
}

TEST(session, an_answer_without_content_has_no_length) {
    running_server s(answer_with([](const request& r) { return make_empty(r.path == "/304" ? 304 : 204); }));
    auto c = s.connect();
    EXPECT_EQ(c.get("/204").header("Content-Length"), "");
    EXPECT_EQ(c.get("/304").status, 304);
    EXPECT_EQ(c.get("/204").status, 204);
}

TEST(session, http_1_0_is_closed_unless_asked_otherwise) {
    running_server s(answer_with(echo));
    auto c = s.connect();
    c.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    auto a = c.read();
    EXPECT_EQ(a.header("Connection"), "keep-alive");
    EXPECT_THAT(a.head, HasSubstr("HTTP/1.0 200 OK"));
    c.send("GET /b HTTP/1.0\r\n\r\n");
    EXPECT_EQ(c.read().header("Connection"), "close");
    EXPECT_TRUE(c.at_end());
}

TEST(session, close_is_obeyed_on_both_sides) {
    running_server s(answer_with([](const request& r) {
        auto a = echo(r);
        if (r.path == "/close") a.headers.add("Connection", "close");
        return a;
    }));
    auto c = s.connect();
    c.send("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(c.read().header("Connection"), "close");
    EXPECT_TRUE(c.at_end());
    auto d = s.connect();
    EXPECT_EQ(d.get("/close").header("Connection"), "close");
    EXPECT_TRUE(d.at_end());
}

TEST(session, asks_for_the_body_when_the_client_waits) {
    running_server s(answer_with(echo));
    auto c = s.connect();
    for (int i = 0; i < 2; ++i) {
        c.send("PUT /e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
        EXPECT_EQ(c.read().status, 100);
        c.send("abc");
        EXPECT_EQ(c.read().body, "PUT /e abc");
    }
}

TEST(session, base_url_is_taken_off) {
    for (const auto* base : {"/jupyter/", "jupyter", "/jupyter"}) {
        running_server s(answer_with(echo), {.base_url = base});
        auto c = s.connect();
        EXPECT_EQ(c.get("/jupyter/hub/x").body, "GET /hub/x ");
        EXPECT_EQ(c.get("/jupyter/").body, "GET / ");
        EXPECT_EQ(c.get("/jupyter").body, "GET / ");
        const auto outside = c.get("/jupyterx/hub");
        EXPECT_EQ(outside.body, "GET /jupyterx/hub ");
        EXPECT_EQ(outside.header("X-Inside"), "no");
        EXPECT_EQ(c.get("/hub/x").header("X-Inside"), "no");
    }
}

TEST(session, knows_the_forms_of_a_target) {
    running_server s(answer_with(echo));
    auto c = s.connect();
    c.send("GET http://other.example/a?b HTTP/1.1\r\nHost: h\r\n\r\n");
    auto a = c.read();
    EXPECT_EQ(a.body, "GET /a ");
    EXPECT_EQ(a.header("X-Seen-Host"), "other.example");
    c.send("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(c.read().body, "OPTIONS / ");
    c.send("CONNECT a:1 HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(c.read().status, 400);
    EXPECT_TRUE(c.at_end());
}

TEST(session, a_request_id_is_echoed_when_it_looks_like_one) {
    running_server s(answer_with([](const request& r) { return make_text(200, r.id); }));
    auto c = s.connect();
    const auto a = c.get("/", "X-Request-ID: a_B.9-\r\n");
    EXPECT_EQ(a.header("X-Request-ID"), "a_B.9-");
    EXPECT_EQ(a.body, "a_B.9-");
    for (const auto& bad : {std::string("a b"), std::string("<x>"), std::string(65, 'a'), std::string()})
        EXPECT_EQ(c.get("/", "X-Request-ID: " + bad + "\r\n").body.size(), 16U) << bad;
    EXPECT_NE(c.get("/").body, c.get("/").body);
}

boost::asio::awaitable<response> failing(request r) {
    if (r.path == "/int") throw 7;
    throw std::runtime_error("the reason");
    co_return response{};
}

TEST(session, an_exception_becomes_a_500_and_a_log_line) {
    running_server s(failing);
    auto c = s.connect();
    const auto a = c.get("/x?token=hidden");
    EXPECT_EQ(a.status, 500);
    EXPECT_THAT(a.body, HasSubstr("\"status\":500"));
    EXPECT_THAT(a.body, Not(HasSubstr("the reason")));
    EXPECT_EQ(c.get("/int").status, 500); // and the connection goes on
    s.stop(std::chrono::seconds(1));
    ASSERT_EQ(s.log.count("http.handler_failed"), 2U);
    std::string line;
    for (const auto& [key, value] : s.log.records.front().fields) line += key + "=" + value + " ";
    EXPECT_THAT(line, HasSubstr("error=the reason"));
    EXPECT_THAT(line, HasSubstr("path=/x "));
    EXPECT_THAT(line, Not(HasSubstr("hidden")));
    EXPECT_THAT(line, HasSubstr("id=" + a.header("X-Request-ID")));
}

TEST(session, large_answers_arrive_whole) {
    const std::string big(10 << 20, 'b');
    running_server s(answer_with([&](const request&) { return make_text(200, big); }));
    auto c = s.connect();
    c.send(get_line("/1") + get_line("/2"));
    EXPECT_EQ(c.read().body, big);
    EXPECT_EQ(c.read().body, big);
}

TEST(session, tells_what_was_served) {
    std::vector<std::string> told;
    listen_settings settings;
    settings.on_served = [&](const served& d) {
        told.push_back(std::string(d.method) + " " + std::string(d.pattern) + " " + std::to_string(d.status));
    };
    settings.log_requests = true;
    running_server s(answer_with([](const request&) {
                         auto a = make_json(201, "{}");
                         a.route = "/x/{y}";
                         return a;
                     }),
                     settings);
    s.connect().get("/x/1");
    s.stop(std::chrono::seconds(1));
    EXPECT_THAT(told, testing::ElementsAre("GET /x/{y} 201"));
    EXPECT_EQ(s.log.count("http.request"), 1U);
}

} // namespace
} // namespace berth::http::test
