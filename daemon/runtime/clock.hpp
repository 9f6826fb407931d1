// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <map>
#include <memory>

namespace berth {

using duration = std::chrono::microseconds;
using time_point = std::chrono::sys_time<duration>; // UTC

// The only source of time. Everything that waits, waits through it, so that tests and simulations never sleep.
// Used from one thread: that of the executor on which sleepers run.
class clock {
  public:
    virtual ~clock() = default;
    virtual time_point now() const = 0;
    // Resumes on the caller's executor at or after `now() + d`. When the awaiting coroutine is cancelled it throws
    // boost::system::system_error(operation_aborted), as Asio's operations do.
    virtual boost::asio::awaitable<void> sleep_for(duration d) = 0;
};

// The machine's clock: wall time for `now`, a monotonic timer for `sleep_for`.
class system_clock final : public clock {
  public:
    time_point now() const override;
    boost::asio::awaitable<void> sleep_for(duration d) override;
};

// A clock that stands still until a test moves it.
class manual_clock final : public clock {
  public:
    explicit manual_clock(time_point start = time_point{std::chrono::hours(24 * 365 * 56)});
    ~manual_clock() override;
    time_point now() const override { return now_; }
    boost::asio::awaitable<void> sleep_for(duration d) override;
    // Moves time and wakes the sleepers whose time has come, in their order. They run when their executor runs.
    void advance(duration d);
    std::size_t sleepers() const { return sleepers_.size(); }
    // When the next sleeper's time comes; time_point::max() when nobody sleeps.
    time_point next() const { return sleepers_.empty() ? time_point::max() : sleepers_.begin()->first; }

  private:
    struct sleeper;
    time_point now_;
    std::multimap<time_point, std::shared_ptr<sleeper>> sleepers_;
};

} // namespace berth
