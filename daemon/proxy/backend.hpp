// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/proxy/byte_stream.hpp"
#include "daemon/proxy/reactor.hpp"
#include "daemon/proxy/resolver.hpp"
#include "daemon/proxy/target.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace berth::proxy {

class backend;
class backend_pool;

// Who uses a backend connection.
class backend_user {
  public:
    virtual void on_backend_ready() = 0;

  protected:
    ~backend_user() = default;
};

// One connection to a notebook or the hub: being made, in use, or idle in the pool. Lives on one reactor's
// thread.
class backend final : public watcher {
  public:
    backend(reactor& loop, backend_pool& pool, std::string url, address_list candidates);
    ~backend() override;

    enum class connecting : std::uint8_t { under_way, done, failed };
    // Begins, or goes on with, the attempt; tries one address after the other.
    connecting connect();

    void on_ready(std::uint32_t events) override;

    byte_stream stream;
    backend_user* user = nullptr; // null: idle
    bool used_before = false;
    loop_clock::time_point idle_since{};
    const std::string& url() const { return url_; }

  private:
    connecting try_next();

    reactor& loop_;
    backend_pool& pool_;
    std::string url_;
    address_list candidates_;
    std::size_t next_ = 0;
    bool connected_ = false;
};

// Idle connections of one thread, latest used first. Bounded per target and in all.
class backend_pool {
  public:
    backend_pool(reactor& loop, std::size_t per_target, std::size_t total, loop_clock::duration idle_time);

    // Null when none is idle. `must_be_quiet`: looked at with a system call, for requests that cannot be
    // repeated.
    std::unique_ptr<backend> take(const std::string& url, bool must_be_quiet);
    void give(std::unique_ptr<backend> b);
    void drop(backend& b); // it has been closed, or talks out of turn
    void sweep();          // of those idle for too long
    void clear();
    std::size_t size() const { return size_; }

  private:
    void discard(std::unique_ptr<backend> b);

    reactor& loop_;
    std::size_t per_target_, total_, size_ = 0;
    loop_clock::duration idle_time_;
    std::unordered_map<std::string, std::vector<std::unique_ptr<backend>>> idle_;
};

} // namespace berth::proxy
