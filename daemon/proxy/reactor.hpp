// SPDX-License-Identifier: BSD-3-Clause
// The event loop of one thread of the front door: epoll, edge-triggered, registered once per socket. Asio is
// not used here because one epoll_ctl or failed read per operation, and two buffers per TLS stream, are what
// the front door's numbers cannot afford; everything else of the daemon runs on Asio.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace berth::proxy {

using loop_clock = std::chrono::steady_clock;

// Something with a descriptor. Told of readiness on its reactor's thread.
class watcher {
  public:
    virtual ~watcher() = default;
    // `events`: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR; 0 after `again`. May come once more in the
    // same turn after the watcher was retired: it must then do nothing.
    virtual void on_ready(std::uint32_t events) = 0;
};

// Lives on the thread that calls `run`; `post` and `stop` are for any thread.
class reactor {
  public:
    reactor();
    reactor(const reactor&) = delete;
    reactor& operator=(const reactor&) = delete;
    ~reactor();

    // Edge-triggered for reading and writing at once.
    void add(int fd, watcher& w);
    // Level-triggered for reading, one thread woken per event: listening sockets that several reactors share.
    bool add_listener(int fd, watcher& w);
    void remove(int fd);
    // Calls on_ready(0) in the next turn: for one who has more to do and lets others go first.
    void again(watcher& w);
    // Destroys it at the end of this turn, so that events already fetched find it alive.
    void retire(std::unique_ptr<watcher> w);

    void post(std::function<void()> work);
    // `on_tick` runs about every `every`. Set before `run`.
    void set_tick(std::chrono::milliseconds every, std::function<void()> on_tick);
    // The next tick comes no later than this; those after it as usual.
    void tick_within(std::chrono::milliseconds soon) { next_tick_ = std::min(next_tick_, now_ + soon); }
    void run(); // until `stop`
    void stop();
    // The time at which this turn began.
    loop_clock::time_point now() const { return now_; }

  private:
    void run_posted();
    void turn(int timeout_ms);

    int epoll_ = -1, wake_ = -1;
    bool stopping_ = false;
    loop_clock::time_point now_ = loop_clock::now(), next_tick_ = now_;
    std::chrono::milliseconds tick_{1000};
    std::function<void()> on_tick_;
    std::vector<watcher*> again_, again_now_;
    std::vector<std::unique_ptr<watcher>> retired_;
    std::mutex mutex_; // guards posted_
    std::vector<std::function<void()>> posted_, posted_now_;
};

} // namespace berth::proxy
