// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/digest.hpp"
#include "tests/daemon/proxy/support.hpp"

#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::proxy::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string& big_body() {
    static const std::string data = [] {
        std::string s(100 << 20, '\0');
        std::uint64_t x = 88172645463325252u;
        for (std::size_t i = 0; i + 8 <= s.size(); i += 8) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            std::memcpy(s.data() + i, &x, 8);
        }
        return s;
    }();
    return data;
}

std::size_t resident_kib() {
    std::ifstream f("/proc/self/statm");
    std::size_t all = 0, resident = 0;
    f >> all >> resident;
    return resident * 4;
}

// Reads a request's body piece by piece, answers with its length and digest, without keeping it.
void digest_upload(wire& w) {
    for (auto head = w.read_until("\r\n\r\n"); !head.empty(); head = w.read_until("\r\n\r\n")) {
        auto left = std::stoul(message{head, ""}.header("content-length"));
        std::size_t sum = 0;
        std::string body;
        while (left) {
            auto piece = w.read_some();
            if (piece.empty()) return;
            left -= std::min(left, piece.size());
            sum += piece.size();
            body += piece;
        }
        w.send(ok_response(fmt::format("{} {}", sum, sha256_hex(body))));
    }
}

TEST(streaming, a_hundred_megabytes_down) {
    fake_server hub(answering(big_body()));
    opened o(hub.url());
    auto w = dial(o.address());
    w.send(get("/"));
    EXPECT_TRUE(read_message(w).body == big_body());
    w.send(get("/"));
    EXPECT_TRUE(read_message(w).body == big_body());
}

TEST(streaming, a_hundred_megabytes_up) {
    fake_server hub(digest_upload);
    opened o(hub.url());
    auto w = dial(o.address());
    w.send(fmt::format("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", big_body().size()));
    w.send(big_body());
    EXPECT_EQ(read_message(w).body, fmt::format("{} {}", big_body().size(), sha256_hex(big_body())));
}

TEST(streaming, a_client_that_does_not_read_stops_the_backend) {
    std::atomic<std::size_t> sent{0};
    std::atomic<bool> over{false};
    fake_server hub([&](wire& w) {
        w.read_until("\r\n\r\n");
        w.send("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n");
        for (const std::string piece(1 << 16, 'x'); w.send(piece);) sent += piece.size();
        over = true;
    });
    opened o(hub.url());
    const auto before = resident_kib();
    auto w = dial(o.address());
    w.send(get("/"));
    w.read_until("\r\n\r\n");
    // The sockets' own buffers fill, then nothing moves.
    for (std::size_t last = ~0ul; last != sent;) {
        last = sent;
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    EXPECT_LT(sent.load(), 60u << 20);
    EXPECT_LT(resident_kib() - before, 4u << 10);
    w.close();
    while (!over) std::this_thread::yield(); // the backend is cut when the client goes
}

TEST(streaming, chunked_bodies_and_trailers_pass_both_ways_as_they_come) {
    fake_server hub([&](wire& w) {
        const auto head = w.read_until("\r\n\r\n");
        EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
        EXPECT_EQ(w.read_until("first\r\n"), "5\r\nfirst\r\n");
        w.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\none\r\n");
        EXPECT_EQ(w.read_until("\r\n\r\n"), "6\r\nsecond\r\n0\r\nX-Up: 1\r\n\r\n");
        w.send("3\r\ntwo\r\n0\r\nX-Sum: 7\r\n\r\n");
        w.read_some();
    });
    opened o(hub.url());
    auto w = dial(o.address());
    w.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    EXPECT_THAT(w.read_until("\r\n\r\n"), HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_EQ(w.read_until("one\r\n"), "3\r\none\r\n");
    w.send("6\r\nsecond\r\n0\r\nX-Up: 1\r\n\r\n");
    EXPECT_EQ(w.read_until("\r\n\r\n"), "3\r\ntwo\r\n0\r\nX-Sum: 7\r\n\r\n");
}

TEST(streaming, a_body_until_the_end_of_the_connection) {
    fake_server hub([](wire& w) {
        w.read_until("\r\n\r\n");
        w.send("HTTP/1.1 200 OK\r\n\r\nall of it");
    });
    opened o(hub.url());
    auto w = dial(o.address());
    w.send(get("/"));
    const auto all = w.read_all();
    EXPECT_THAT(all, HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(all.ends_with("all of it"));
}

TEST(streaming, a_body_cut_short_is_cut_for_the_client_too) {
    for (const char* head : {"Content-Length: 100", "Transfer-Encoding: chunked"}) {
        fake_server hub([head](wire& w) {
            w.read_until("\r\n\r\n");
            w.send(fmt::format("HTTP/1.1 200 OK\r\n{}\r\n\r\n5\r\nabc", head));
        });
        opened o(hub.url());
        auto w = dial(o.address());
        w.send(get("/"));
        EXPECT_TRUE(w.read_all().ends_with("\r\n\r\n5\r\nabc"));
    }
}

TEST(streaming, an_early_answer_reaches_a_client_that_is_still_sending) {
    fake_server hub([](wire& w) {
        w.read_until("\r\n\r\n");
        w.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
        w.half_close();
        w.read_all();
    });
    opened o(hub.url());
    auto w = dial(o.address());
    w.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + std::string(1000, 'x'));
    const auto m = read_message(w);
    EXPECT_EQ(m.status(), 413);
    EXPECT_EQ(m.body, "big");
    EXPECT_EQ(m.header("connection"), "close");
}

TEST(streaming, a_client_that_goes_takes_its_backend_connection_along) {
    std::atomic<bool> gone{false};
    fake_server hub([&](wire& w) {
        w.read_until("\r\n\r\n");
        w.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (w.send("1\r\nx\r\n")) std::this_thread::yield();
        gone = true;
    });
    opened o(hub.url());
    {
        auto w = dial(o.address());
        w.send(get("/events"));
        w.read_until("x\r\n");
    }
    while (!gone) std::this_thread::yield();
}

} // namespace
} // namespace berth::proxy::test
