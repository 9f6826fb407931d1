// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/proxy/reactor.hpp"

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace berth::proxy {

struct control_request {
    std::string method;
    std::string path;  // percent-decoded, without the query
    std::string query; // as sent
    std::string authorization;
    std::string body;
};
struct control_reply {
    int status = 200;
    std::string body;
    std::string type = "application/json";
};
using control_answer = std::function<void(control_reply)>; // once, on the control thread, now or later

// The listener of the control API: few connections, small messages read whole (at most 64 MiB), keep-alive.
// Lives on the control thread's reactor.
class control_server {
  public:
    using handler = std::function<void(control_request, control_answer)>;
    control_server(reactor& loop, int listen_fd, handler h); // the descriptor is the caller's
    control_server(const control_server&) = delete;
    control_server& operator=(const control_server&) = delete;
    ~control_server();

    // Takes no more calls: who waits for an answer gets it, all other connections end. `open` takes them
    // again.
    void shut();
    void open();

  private:
    class listener;
    class connection;
    void accept_all();
    void forget(connection& c);

    reactor& loop_;
    int fd_;
    bool listening_ = false;
    handler handle_;
    std::unique_ptr<listener> listener_;
    std::unordered_map<std::uint64_t, std::unique_ptr<connection>> connections_;
    std::uint64_t next_serial_ = 1;
};

} // namespace berth::proxy
