// SPDX-License-Identifier: BSD-3-Clause
// What proxies are measured in front of: one thread, answers ready made.
//   bench_origin [PORT]        prints the port that it listens on, serves until it is killed
// GET .../bytes/N: N bytes. A websocket: echo. Anything else: 1 KiB, after the request's body has been read.
#include "tests/bench/load/sockets.hpp"
#include "tests/bench/load/websocket.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace berth::bench {
namespace {

const std::string small_answer =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n" + std::string(1024, 'x');
const std::string filling(256 * 1024, 'y');

struct connection {
    descriptor socket;
    std::string in, out;
    std::uint64_t filling_left = 0; // of an answer under way, after `out`
    std::uint64_t body_left = 0;    // of a request
    bool websocket = false, waits_to_write = false;
};

class origin {
  public:
    explicit origin(std::uint16_t port) : listener_(listen_on(port)) {
        make_nonblocking(listener_.get());
        poll_.add(listener_.get(), EPOLLIN, 0);
        connections_.resize(1);
    }

    std::uint16_t port() const { return port_of(listener_.get()); }

    [[noreturn]] void run() {
        for (;;)
            poll_.wait(std::chrono::hours(1), [this](std::uint64_t id, std::uint32_t events) {
                if (id == 0) return accept_all();
                auto& c = *connections_[id];
                if (((events & EPOLLOUT) != 0 && !flush(c, id)) ||
                    ((events & ~EPOLLOUT) != 0 && !read_some(c, id)))
                    drop(id);
            });
    }

  private:
    void accept_all() {
        for (;;) {
            descriptor s(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
            if (!s) return;
            std::uint64_t id = connections_.size();
            if (free_.empty()) {
                connections_.emplace_back();
            } else {
                id = free_.back();
                free_.pop_back();
            }
            connections_[id] = std::make_unique<connection>();
            poll_.add(s.get(), EPOLLIN, id);
            connections_[id]->socket = std::move(s);
        }
    }

    void drop(std::uint64_t id) {
        connections_[id].reset();
        free_.push_back(id);
    }

    bool read_some(connection& c, std::uint64_t id) {
        const auto n = ::recv(c.socket.get(), buffer_.data(), buffer_.size(), 0);
        if (n < 0) return errno == EAGAIN || errno == EINTR;
        if (n == 0) return false;
        std::string_view got(buffer_.data(), static_cast<std::size_t>(n));
        // A body is only counted: most of an upload passes here.
        const auto of_body = std::min<std::uint64_t>(c.body_left, got.size());
        got.remove_prefix(of_body);
        c.body_left -= of_body;
        if (of_body > 0 && c.body_left == 0) c.out += small_answer;
        c.in += got;
        while (c.websocket ? echo(c) : take_request(c)) {
        }
        return flush(c, id);
    }

    static bool echo(connection& c) {
        const auto f = first_frame(c.in);
        if (!f) return false;
        c.in.erase(0, f->size);
        c.out += server_frame(*f);
        return true;
    }

    static bool take_request(connection& c) {
        const auto end = c.body_left == 0 ? c.in.find("\r\n\r\n") : std::string::npos;
        if (end == std::string::npos || c.filling_left > 0) return false;
        const auto head = c.in.substr(0, end + 4);
        c.in.erase(0, end + 4);
        if (const auto key = header(head, "Sec-WebSocket-Key"); !key.empty()) {
            c.websocket = true;
            c.out += "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
                     "Upgrade\r\nSec-WebSocket-Accept: " +
                     accept_key(key) + "\r\n\r\n";
        } else if (const auto at = head.find("/bytes/"); at < head.find('\r')) {
            c.filling_left = std::strtoull(head.c_str() + at + 7, nullptr, 10);
            c.out += "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(c.filling_left) + "\r\n\r\n";
        } else {
            const auto length = content_length(head);
            const auto here = std::min<std::uint64_t>(length, c.in.size());
            c.in.erase(0, here);
            c.body_left = length - here;
            if (c.body_left == 0) c.out += small_answer;
        }
        return true;
    }

    // Writes what the socket takes; waits for room with EPOLLOUT. False: the connection has ended.
    bool flush(connection& c, std::uint64_t id) {
        while (!c.out.empty() || c.filling_left > 0) {
            const bool from_out = !c.out.empty();
            const auto size =
                from_out ? c.out.size() : std::min<std::uint64_t>(c.filling_left, filling.size());
            const auto n =
                ::send(c.socket.get(), from_out ? c.out.data() : filling.data(), size, MSG_NOSIGNAL);
            if (n < 0 && errno != EAGAIN) return false;
            if (n < 0) return want_write(c, id, true);
            if (from_out)
                c.out.erase(0, static_cast<std::size_t>(n));
            else
                c.filling_left -= static_cast<std::uint64_t>(n);
        }
        return want_write(c, id, false);
    }

    bool want_write(connection& c, std::uint64_t id, bool yes) {
        if (c.waits_to_write != yes) poll_.change(c.socket.get(), yes ? EPOLLIN | EPOLLOUT : EPOLLIN, id);
        c.waits_to_write = yes;
        return true;
    }

    descriptor listener_;
    poller poll_;
    std::deque<std::unique_ptr<connection>> connections_;
    std::vector<std::uint64_t> free_;
    std::string buffer_ = std::string(256 * 1024, '\0');
};

} // namespace
} // namespace berth::bench

int main(int argc, char** argv) {
    try {
        berth::bench::origin o(argc > 1 ? static_cast<std::uint16_t>(std::atoi(argv[1])) : std::uint16_t{0});
        std::printf("%u\n", o.port());
        std::fflush(stdout);
        o.run();
    } catch (const std::exception& e) {
        std::fprintf(stderr, "bench_origin: %s\n", e.what());
        return 1;
    }
}
