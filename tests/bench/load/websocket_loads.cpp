// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/load/loads.hpp"
#include "tests/bench/load/websocket.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>

namespace berth::bench {
namespace {

constexpr std::size_t message_size = 64;
constexpr double warm_up_ms = 300;

struct talker {
    descriptor socket;
    std::size_t got = 0; // of the echo that it waits for
    steady::time_point sent;
};

std::vector<talker> open_all(const goal& g, unsigned connections) {
    std::vector<talker> all(connections);
    for (unsigned i = 0; i < connections; ++i) all[i].socket = open_websocket(g.port, numbered(g.path, i));
    return all;
}

// True when the echo has come whole.
bool echo_came(talker& t, std::size_t whole) {
    char buffer[1024];
    const auto n = ::recv(t.socket.get(), buffer, sizeof buffer, 0);
    if (n < 0 && errno == EAGAIN) return false;
    if (n <= 0) throw std::runtime_error("a websocket was closed");
    t.got += static_cast<std::size_t>(n);
    if (t.got < whole) return false;
    t.got = 0;
    return true;
}

bool still_echoes(talker& t, std::string_view message) {
    const timeval limit{5, 0};
    ::setsockopt(t.socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    try {
        send_all(t.socket.get(), message);
        std::size_t left = 2 + message_size;
        char buffer[256];
        while (left > 0) {
            const auto n = ::recv(t.socket.get(), buffer, left, 0);
            if (n <= 0) return false;
            left -= static_cast<std::size_t>(n);
        }
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

} // namespace

void echo_load(const goal& g, unsigned connections, double seconds) {
    const auto message = client_frame(std::string(message_size, 'm'));
    auto all = open_all(g, connections);
    poller poll;
    for (std::size_t i = 0; i < all.size(); ++i) {
        make_nonblocking(all[i].socket.get());
        poll.add(all[i].socket.get(), EPOLLIN, i);
        all[i].sent = steady::now();
        send_all(all[i].socket.get(), message);
    }
    std::vector<double> latencies;
    const auto begin = steady::now();
    auto now = begin;
    while (milliseconds_between(begin, now) < warm_up_ms + seconds * 1000) {
        poll.wait(std::chrono::seconds(1), [&](std::uint64_t i, std::uint32_t) {
            auto& t = all[i];
            if (!echo_came(t, 2 + message_size)) return;
            const auto at = steady::now();
            if (milliseconds_between(begin, at) > warm_up_ms)
                latencies.push_back(milliseconds_between(t.sent, at));
            t.sent = at;
            send_all(t.socket.get(), message);
        });
        now = steady::now();
    }
    const auto count = static_cast<double>(latencies.size());
    const auto took = (milliseconds_between(begin, now) - warm_up_ms) / 1000;
    std::printf("{\"count\": %.0f, \"rate\": %.1f, %s}\n", count, count / took,
                percentiles(latencies).c_str());
}

void hold_load(const goal& g, unsigned connections) {
    const auto message = client_frame(std::string(message_size, 'm'));
    auto all = open_all(g, connections);
    std::printf("held %u\n", connections);
    std::fflush(stdout);
    poller poll;
    poll.add(STDIN_FILENO, EPOLLIN, all.size());
    for (std::size_t i = 0; i < all.size(); ++i) poll.add(all[i].socket.get(), EPOLLIN | EPOLLRDHUP, i);
    unsigned dropped = 0;
    for (bool held = true; held;)
        poll.wait(std::chrono::hours(1), [&](std::uint64_t i, std::uint32_t) {
            if (i == all.size()) {
                held = false;
            } else {
                // Nothing was asked, so whatever comes is the end or a close frame.
                all[i].socket.close();
                ++dropped;
            }
        });
    unsigned answering = 0;
    for (auto& t : all) answering += t.socket && still_echoes(t, message) ? 1 : 0;
    std::printf("{\"held\": %u, \"dropped\": %u, \"answering\": %u}\n", connections, dropped, answering);
}

} // namespace berth::bench
