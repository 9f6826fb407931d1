// SPDX-License-Identifier: BSD-3-Clause
// Blocking sockets on loopback: what stands in front of and behind a front door in these tests.
#pragma once

#include "daemon/proxy/front_door.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace berth::proxy::test {

// One connection. Reads give up (and say "" or what there is) after 20 s, so that a wrong door fails a test.
class wire {
  public:
    explicit wire(int fd = -1);
    wire(wire&& other) noexcept;
    wire& operator=(wire&& other) noexcept;
    ~wire();

    bool send(std::string_view bytes);             // all of it; false when the peer has gone
    std::string read_some();                       // "" at the end
    std::string read_until(std::string_view mark); // including it; what there is when the peer ends first
    std::string read_exactly(std::size_t n);
    std::string read_all(); // until the peer's end
    bool ended();           // the peer has closed, nothing was left to read
    void half_close();
    void close();
    int fd() const { return fd_; }

  private:
    int fd_;
    std::string early_;
};

struct message {
    std::string head; // with the empty line
    std::string body; // chunked coding taken off
    int status() const { return head.size() > 12 ? std::atoi(head.c_str() + 9) : 0; }
    std::string header(std::string_view name) const; // "" without
};
message read_message(wire& w, bool to_head = false);

// `address` as front_door gives it, "http://127.0.0.1:1" or "unix:/path".
wire dial(const std::string& address);
// One request on a connection of its own.
message ask(const std::string& address, std::string_view request);
std::string get(std::string_view path, std::string_view more_headers = "");

// Listens on loopback, one thread per connection, which runs `serve` until it returns.
class fake_server {
  public:
    using behaviour = std::function<void(wire&)>;
    explicit fake_server(behaviour serve, std::string unix_path = "");
    ~fake_server();
    std::string url() const { return url_; } // as a route's target
    int accepted() const { return accepted_; }
    int closed() const { return closed_; } // connections that the behaviour has left
    void stop();                           // refuses from now on; connections are cut

  private:
    void run();
    behaviour serve_;
    std::string url_, unix_path_;
    int fd_ = -1;
    std::atomic<int> accepted_{0}, closed_{0};
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::vector<int> open_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

// Answers every request with `body` (keep-alive) and remembers the heads.
fake_server::behaviour answering(std::string body);
// Answers with the request's own head as the body.
void echo_heads(wire& w);
std::string ok_response(std::string_view body, std::string_view more_headers = "");

// A started door with short time-outs, an API, and `hub` as the default target.
struct opened {
    explicit opened(const std::string& hub = "", const std::function<void(settings&)>& change = {}, door_hooks hooks = {});
    null_logger log;
    std::string folder; // of its own, removed at the end
    std::unique_ptr<front_door> door;
    std::string address() const { return door->address(); }
    message api(std::string_view method, std::string_view path, std::string_view body = "",
                std::string_view token = "t");
    void add_route(std::string_view path, std::string_view target);
    ~opened();
};

} // namespace berth::proxy::test
