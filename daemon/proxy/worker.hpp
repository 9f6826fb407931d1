// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/tls_context.hpp"
#include "daemon/proxy/backend.hpp"
#include "daemon/proxy/http_head.hpp"
#include "daemon/proxy/pump.hpp"
#include "daemon/proxy/reactor.hpp"
#include "daemon/proxy/resolver.hpp"
#include "daemon/proxy/route_table.hpp"
#include "daemon/proxy/settings.hpp"
#include "daemon/runtime/log.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace berth::proxy {

class client;

// What all threads of the front door share: immutable, or thread-safe.
struct shared_parts {
    const settings& config;
    resolver& names;
    logger& log;
    std::atomic<std::size_t> connections{0}; // of browsers, on all threads
    route_ptr error_route = nullptr;         // to settings::error_server; null: there is none
};

// One io thread: its event loop, its copy of the route table, its clients and its idle backend connections.
// Everything but `loop().post` and the counters is for its own thread.
class worker {
  public:
    explicit worker(shared_parts& parts);
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;
    ~worker();

    reactor& loop() { return loop_; }
    route_table& routes() { return routes_; }
    backend_pool& pool() { return pool_; }
    const settings& config() const { return parts_.config; }
    shared_parts& parts() { return parts_; }
    std::int64_t wall_ms() const { return wall_ms_; } // since the epoch, as old as the tick

    void run(); // until loop().stop()
    void set_tls(http::tls_context c) { tls_ = std::move(c); }
    void set_trusted(std::shared_ptr<const network_list> t) { trusted_ = std::move(t); }

    // Shares `fd` (which others own) with `peers`; the one who accepts hands the socket to the least busy of
    // them.
    void listen(int fd, std::vector<worker*> peers);
    // Accepts no more: a successor shares the socket. Each connection is told with its next answer that it
    // ends.
    void hand_over();
    // Accepts no more, ends what is idle; requests under way end as they come.
    void drain();
    void close_all();

    // Tunnels of a browser session; of a route that is no more, or no longer leads to `target_url`.
    std::size_t close_session(const std::string& session_id);
    void close_tunnels_of(const std::string& target_url, const std::string& prefix);

    // For clients.
    void adopt(int fd, const socket_address& peer);
    void forget(client& c); // closes and destroys it at the end of the turn
    client* find(std::uint64_t serial) const;
    void count_tunnel(int change) {
        tunnels_.fetch_add(static_cast<std::size_t>(change), std::memory_order_relaxed);
    }
    bool draining() const { return draining_; }
    bool goes_on() const { return !draining_ && !handed_over_; } // there will be another request here

    // Scratch memory, valid until control goes back to the loop.
    std::span<char> scratch() { return scratch_; }
    std::string& head_out() { return head_out_; }
    request_head request;
    response_head response;

    std::size_t clients() const { return count_.load(std::memory_order_relaxed); }
    std::size_t tunnels() const { return tunnels_.load(std::memory_order_relaxed); }

  private:
    class listener;
    void accept_some();
    bool accept_one();
    void hand_to_least_busy(int fd, const socket_address& peer);
    void pause_accepting();
    void on_tick();
    template<class F>
    void each_client(F f); // `f` may close the client that it is given

    shared_parts& parts_;
    reactor loop_;
    route_table routes_;
    backend_pool pool_;
    http::tls_context tls_;
    std::shared_ptr<const network_list> trusted_;
    std::unique_ptr<listener> listener_;
    std::vector<worker*> peers_;
    std::unordered_map<std::uint64_t, std::unique_ptr<client>> clients_;
    std::uint64_t next_serial_ = 1;
    std::int64_t wall_ms_ = 0;
    bool draining_ = false, handed_over_ = false;
    std::atomic<std::size_t> count_{0}, tunnels_{0};
    std::vector<char> scratch_;
    std::string head_out_;
};

} // namespace berth::proxy
