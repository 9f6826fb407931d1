// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/load/loads.hpp"

#include <cstdio>
#include <map>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace berth::bench {
namespace {

struct post {
    descriptor socket;
    std::string in;
    steady::time_point sent;
};

std::string request(const goal& g, unsigned number) {
    return "POST " + numbered(g.path, number) + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token " +
           g.token + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
}

} // namespace

void posts_load(const goal& g, unsigned count) {
    std::vector<post> posts(count);
    for (auto& p : posts) p.socket = connect_to(g.port);
    poller poll;
    for (unsigned i = 0; i < count; ++i) {
        posts[i].sent = steady::now();
        send_all(posts[i].socket.get(), request(g, i));
        poll.add(posts[i].socket.get(), EPOLLIN, i);
    }
    std::vector<double> latencies;
    std::map<int, unsigned> statuses;
    while (latencies.size() < count)
        poll.wait(std::chrono::seconds(1), [&](std::uint64_t i, std::uint32_t) {
            char buffer[4096];
            const auto n = ::recv(posts[i].socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
            if (n <= 0) throw std::runtime_error("a connection was closed before its answer");
            auto& in = posts[i].in;
            in.append(buffer, static_cast<std::size_t>(n));
            const auto end = in.find("\r\n\r\n");
            if (end == std::string::npos || in.size() < end + 4 + content_length(in)) return;
            latencies.push_back(milliseconds_between(posts[i].sent, steady::now()));
            ++statuses[status_of(in)];
            in.clear();
        });
    std::string told;
    for (const auto& [status, times] : statuses)
        told += (told.empty() ? "\"" : ", \"") + std::to_string(status) + "\": " + std::to_string(times);
    std::printf("{\"count\": %u, \"statuses\": {%s}, %s}\n", count, told.c_str(),
                percentiles(latencies).c_str());
}

} // namespace berth::bench
