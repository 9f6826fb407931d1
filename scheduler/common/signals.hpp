// SPDX-License-Identifier: BSD-3-Clause
// How coroutines of one executor wait for each other: a bell, and a bounded number of calls at once. No real
// time passes in here.
#pragma once

#include "daemon/runtime/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

namespace berth::scheduler {
// Rings for everybody who waits. Lives until its waiters have gone (hold it by shared_ptr).
class wake_signal {
  public:
    explicit wake_signal(const boost::asio::any_io_executor& executor);
    wake_signal(const wake_signal&) = delete;
    wake_signal& operator=(const wake_signal&) = delete;

    void ring();
    std::uint64_t count() const { return count_; }
    std::size_t waiting() const { return waiting_; }
    // Resumes when it has rung since `seen` (a `count()`), at the latest after `limit` on `time`; at once
    // when it has.
    boost::asio::awaitable<void> wait(clock& time, duration limit, std::uint64_t seen);

  private:
    boost::asio::awaitable<void> rung(std::uint64_t seen);
    boost::asio::steady_timer timer_; // never expires: only cancelled
    std::uint64_t count_ = 0;
    std::size_t waiting_ = 0;
};

// At most n calls at once; the others wait in their order.
class call_slots {
  public:
    call_slots(const boost::asio::any_io_executor& executor, int n);
    call_slots(const call_slots&) = delete;
    call_slots& operator=(const call_slots&) = delete;

    class lease {
      public:
        explicit lease(call_slots* from) : from_(from) {}
        lease(lease&& other) noexcept : from_(std::exchange(other.from_, nullptr)) {}
        lease& operator=(lease&&) = delete;
        ~lease() {
            if (from_) from_->release();
        }

      private:
        call_slots* from_;
    };
    boost::asio::awaitable<lease> acquire();

  private:
    struct waiter;
    void release();
    boost::asio::any_io_executor executor_;
    int free_;
    std::deque<std::shared_ptr<waiter>> waiting_;
};

} // namespace berth::scheduler
