// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/load/loads.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace berth::bench {
namespace {

constexpr std::size_t piece = 256 * 1024;

std::string request(const char* method, const goal& g, const std::string& more) {
    return std::string(method) + " " + g.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + more + "\r\n";
}

// The answer's body is read and thrown away.
void read_answer(int fd, std::string& buffer) {
    std::string rest;
    const auto head = read_head(fd, rest);
    if (status_of(head) != 200) throw std::runtime_error("answered: " + head);
    auto left = content_length(head) - rest.size();
    while (left > 0) {
        const auto n = ::recv(fd, buffer.data(), std::min<std::uint64_t>(left, buffer.size()), 0);
        if (n <= 0) throw std::runtime_error("closed within an answer");
        left -= static_cast<std::uint64_t>(n);
    }
}

template<typename F>
void repeat(std::uint64_t bytes, double seconds, F once) {
    once(); // the first one opens windows and buffers
    const auto begin = steady::now();
    unsigned count = 0;
    double took = 0;
    do {
        once();
        ++count;
        took = milliseconds_between(begin, steady::now()) / 1000;
    } while (took < seconds);
    const double megabytes = static_cast<double>(bytes) * count / 1e6;
    std::printf("{\"count\": %u, \"megabytes\": %.1f, \"rate\": %.1f}\n", count, megabytes, megabytes / took);
}

} // namespace

void download_load(const goal& g, std::uint64_t bytes, double seconds) {
    const auto s = connect_to(g.port);
    goal sized = g;
    sized.path += "/bytes/" + std::to_string(bytes);
    const auto text = request("GET", sized, "");
    std::string buffer(piece, '\0');
    repeat(bytes, seconds, [&] {
        send_all(s.get(), text);
        read_answer(s.get(), buffer);
    });
}

void upload_load(const goal& g, std::uint64_t bytes, double seconds) {
    const auto s = connect_to(g.port);
    const auto head = request("POST", g, "Content-Length: " + std::to_string(bytes) + "\r\n");
    std::string buffer(piece, 'u');
    repeat(bytes, seconds, [&] {
        send_all(s.get(), head);
        for (auto left = bytes; left > 0;) {
            const auto n = std::min<std::uint64_t>(left, buffer.size());
            send_all(s.get(), std::string_view(buffer).substr(0, n));
            left -= n;
        }
        read_answer(s.get(), buffer);
    });
}

} // namespace berth::bench
