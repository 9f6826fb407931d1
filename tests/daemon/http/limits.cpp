// SPDX-License-Identifier: BSD-3-Clause
// Each bound of a listener, with clients that do not keep to it.
#include "tests/daemon/http/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

namespace berth::http::test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

response hello(const request& r) { return make_text(200, std::to_string(r.body.size())); }

listen_settings with(limits l) {
    listen_settings s;
    s.bounds = l;
    return s;
}

void expect_refusal(client& c, int status) {
    const auto a = c.read();
    EXPECT_EQ(a.status, status) << a.head;
    EXPECT_THAT(a.body, HasSubstr("{\"status\":" + std::to_string(status) + ",\"message\":\""));
    EXPECT_EQ(a.header("Content-Type"), "application/json");
    EXPECT_EQ(a.header("Connection"), "close");
    EXPECT_TRUE(c.at_end());
}

TEST(limits, malformed_requests_are_refused) {
    const std::string start = "POST / HTTP/1.1\r\nHost: h\r\n";
    const std::vector<std::pair<std::string, int>> rows{
        {"rubbish\r\n\r\n", 400},
        {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400}, // no Host
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400},
        {"GET / HTTP/1.1\nHost: h\n\n", 505}, // Beast's word for a wrong end of the line
        {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
        {"GET / HTTP/1.1\r\nHost: h\r\nX: a\x01z\r\n\r\n", 400},
        {start + "Content-Length: x\r\n\r\n", 400},
        {start + "Content-Length: -1\r\n\r\n", 400},
        {start + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
        {start + "Content-Length: 18446744073709551616\r\n\r\n", 400},
        {start + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {start + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n", 400},
        {start + "Transfer-Encoding: gzip\r\n\r\n", 501},
        {start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
        {start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {start + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
        {start + "Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n", 400},
        {"GET nowhere HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8), 400}, // TLS to a plain port
    };
    running_server s(answer_with(hello));
    for (const auto& [text, status] : rows) {
        SCOPED_TRACE(text);
        auto c = s.connect();
        c.send(text);
        expect_refusal(c, status);
    }
}

TEST(limits, a_large_head_is_431) {
    running_server s(answer_with(hello), with({.header_bytes = 8192}));
    const std::string kilobyte(1000, 'x');
    std::vector<std::string> heads{
        "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n",
        "GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(9000, 'x'),
    };
    heads.emplace_back("GET / HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 100; ++i) heads.back() += "X: " + kilobyte + "\r\n";
    for (const auto& head : heads) {
        auto c = s.connect();
        c.send(head);
        expect_refusal(c, 431);
    }
    auto dribbled = s.connect();
    dribbled.send("GET / HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 20; ++i) dribbled.send("X: " + kilobyte + "\r\n");
    expect_refusal(dribbled, 431);
    EXPECT_EQ(s.connect().get("/", "X: " + std::string(7000, 'x') + "\r\n").status, 200);
}

TEST(limits, chunk_extensions_and_trailers_are_bounded) {
    running_server s(answer_with(hello), with({.header_bytes = 8192}));
    const std::string start = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const auto& rest : {"1;" + std::string(100'000, 'x'), "0\r\nX: " + std::string(100'000, 'x')}) {
        auto c = s.connect();
        c.send(start + rest);
        expect_refusal(c, 431);
    }
}

TEST(limits, a_large_body_is_413) {
    running_server s(answer_with(hello), with({.body_bytes = 1 << 20}));
    auto declared = s.connect();
    declared.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1048577\r\n\r\n");
    expect_refusal(declared, 413);
    auto chunked = s.connect();
    chunked.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    std::string chunk = "40000\r\n" + std::string(0x40000, 'x') + "\r\n";
    for (int i = 0; i < 5; ++i) chunked.send(chunk);
    expect_refusal(chunked, 413);
    // A client that sends 10 MB before it reads still sees the answer.
    auto stubborn = s.connect();
    EXPECT_TRUE(stubborn.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10485760\r\n\r\n" +
                              std::string(10 << 20, 'x')));
    expect_refusal(stubborn, 413);
    auto good = s.connect();
    good.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n" + std::string(1 << 20, 'x'));
    EXPECT_EQ(good.read().body, "1048576");
}

TEST(limits, all_requests_together_are_bounded) {
    running_server s(answer_with(hello), with({.held_bytes = 1 << 20}));
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n";
    auto first = s.connect();
    first.send(head + std::string(900'000, 'x'));
    auto second = s.connect();
    second.send(head + std::string(900'000, 'x'));
    // Which of the two passes the bound depends on who is read last.
    std::string answers;
    pollfd waiting[2] = {{first.descriptor(), POLLIN, 0}, {second.descriptor(), POLLIN, 0}};
    ASSERT_GT(::poll(waiting, 2, 10'000), 0);
    auto& refused = waiting[0].revents != 0 ? first : second;
    auto& kept = waiting[0].revents != 0 ? second : first;
    EXPECT_EQ(s.connect().get("/").status, 200); // small ones go on
    expect_refusal(refused, 503);
    kept.send(std::string(1'100'000, 'x').substr(0, 100'000));
    kept.reset();
}

TEST(limits, slow_heads_and_bodies_are_408) {
    running_server s(answer_with(hello),
                     with({.header_time = milliseconds(60), .body_time = milliseconds(60)}));
    auto head = s.connect();
    head.send("GET / HT");
    expect_refusal(head, 408);
    auto body = s.connect();
    body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
    expect_refusal(body, 408);
    auto chunk = s.connect();
    chunk.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5");
    expect_refusal(chunk, 408);
}

TEST(limits, idle_connections_are_closed_without_a_word) {
    running_server s(answer_with(hello),
                     with({.header_time = milliseconds(60), .idle_time = milliseconds(60)}));
    auto silent = s.connect();
    EXPECT_EQ(silent.read_to_end(), "");
    auto idle = s.connect();
    EXPECT_EQ(idle.get("/").status, 200);
    EXPECT_EQ(idle.read_to_end(), "");
}

TEST(limits, a_client_that_does_not_read_is_closed) {
    running_server s(answer_with([](const request&) { return make_text(200, std::string(64 << 20, 'x')); }),
                     with({.write_time = milliseconds(60)}));
    auto c = s.connect();
    c.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    while (s.on_thread([&] { return s.get().connections(); }) != 1) {
    }
    while (s.on_thread([&] { return s.get().connections(); }) != 0) {
    }
    EXPECT_LT(c.read_to_end().size(), std::size_t{64 << 20});
}

TEST(limits, further_connections_wait) {
    running_server s(answer_with(hello), with({.connections = 2}));
    auto a = s.connect();
    auto b = std::make_unique<client>(s.connect());
    EXPECT_EQ(a.get("/").status, 200);
    EXPECT_EQ(b->get("/").status, 200);
    auto c = s.connect();
    c.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(a.get("/").status, 200);
    EXPECT_EQ(s.on_thread([&] { return s.get().connections(); }), 2U);
    b.reset();
    EXPECT_EQ(c.read().status, 200);
}

std::size_t resident_bytes() {
    std::ifstream in("/proc/self/statm");
    std::size_t total = 0, resident = 0;
    in >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(limits, idle_connections_cost_little) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < 4200) GTEST_SKIP() << "needs 4,200 open files";
    running_server s(answer_with(hello));
    { // warm up
        auto c = s.connect();
        c.get("/");
    }
    const auto before = resident_bytes();
    std::vector<client> idle;
    for (int i = 0; i < 2000; ++i) {
        idle.push_back(s.connect());
        const std::string body(20'000, 'x');
        idle.back().send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n" + body);
        ASSERT_EQ(idle.back().read().status, 200);
    }
    const auto each = (resident_bytes() - before) / idle.size();
    std::printf("an idle connection costs %zu bytes, both ends of the test together\n", each);
#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
    EXPECT_LT(each, 10'000U);
#endif
    EXPECT_EQ(s.connect().get("/").status, 200);
}

} // namespace
} // namespace berth::http::test
