// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/request.hpp"
#include "daemon/http/response.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace berth::http {

struct tls_files {
    std::string certificate = {}; // PEM, leaf first, chain allowed; may also hold the key
    std::string key = {};         // PEM; empty: in `certificate`
};

struct limits {
    std::size_t header_bytes = 64 << 10;             // larger: 431
    std::size_t body_bytes = 4 << 20;                // larger: 413
    std::size_t connections = 10'000;                // further ones wait in the kernel's queue
    duration header_time = std::chrono::seconds(15); // to send the head of a request; then 408 and closed
    duration body_time = std::chrono::seconds(60);   // to send the body
    duration idle_time = std::chrono::seconds(75);   // keep-alive between requests
    duration write_time = std::chrono::seconds(60);  // for the client to take a piece (64 KiB) of the answer
    std::size_t held_bytes = 256 << 20;              // of all unanswered requests together; more: 503
};

// Told after each answered request, for metrics. `pattern` is the answer's `route`.
struct served {
    std::string_view method, pattern;
    int status = 0;
    duration took{}; // from the request's last byte to the answer's
};

struct listen_settings {
    // "127.0.0.1:8000", "[::]:443", ":8000", "unix:/run/berth/http.sock" (made 0600, replaced if nobody
    // listens on it), "fd:3" (already listening, from a supervisor).
    std::string address = {};
    std::string base_url = "/";
    tls_files tls = {}; // empty certificate: plain
    limits bounds = {};
    // Peers whose X-Forwarded-For/-Proto/-Host are believed, as CIDR; Unix-socket peers always are.
    std::vector<std::string> trusted_proxies = {};
    std::function<void(const served&)> on_served = {}; // may be empty
    bool log_requests = false; // one "http.request" line at debug level for each answer
};

// What answers a request; given the router by hubapi. Must not throw (server wraps it all the same).
using dispatcher = std::function<boost::asio::awaitable<response>(request)>;

// HTTP/1.1 (and 1.0) listener: keep-alive, pipelining in order, Expect: 100-continue, TLS, bounds on
// everything, graceful stop. One coroutine per connection on `executor`, whose io_context runs on one thread.
// Beast is not seen outside of this room. Destroy it before the io_context; connections that are open then
// are closed. Errors that the listener itself answers (400, 408, 413, 431, 500, 501, 503, 505) are
// {"status":N,"message":"..."}.
class server {
  public:
    server(boost::asio::any_io_executor executor, logger& log, listen_settings settings, dispatcher dispatch);
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    ~server();

    // Binds and starts to accept. A failure says which address and what to do (in use, no permission, no such
    // file).
    result<void> start();
    // The bound address: with port 0 given, the one chosen. "http://127.0.0.1:34567" or "unix:/path".
    std::string address() const;
    // Accepts no more, lets requests under way end within `grace`, closes the rest.
    boost::asio::awaitable<void> stop(duration grace);
    // Reads certificate and key again; running connections keep the old ones. On failure the old ones stay.
    // Does nothing without TLS.
    result<void> reload_tls();
    std::size_t connections() const;

  private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace berth::http
