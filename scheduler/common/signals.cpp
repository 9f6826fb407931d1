// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/common/signals.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace berth::scheduler {
namespace asio = boost::asio;

wake_signal::wake_signal(const asio::any_io_executor& executor)
    : timer_(executor, asio::steady_timer::time_point::max()) {}

void wake_signal::ring() {
    ++count_;
    timer_.cancel();
}

asio::awaitable<void> wake_signal::wait(clock& time, duration limit, std::uint64_t seen) {
    using namespace asio::experimental::awaitable_operators;
    if (count_ != seen || limit <= duration::zero()) co_return;
    struct counted {
        std::size_t& n;
        explicit counted(std::size_t& where) : n(where) { ++n; }
        ~counted() { --n; }
    } here(waiting_);
    co_await (time.sleep_for(limit) || rung(seen));
}

asio::awaitable<void> wake_signal::rung(std::uint64_t seen) {
    if (count_ != seen) co_return; // while this branch was being started
    boost::system::error_code ec;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
}

struct call_slots::waiter {
    explicit waiter(const asio::any_io_executor& executor)
        : timer(executor, asio::steady_timer::time_point::max()) {}
    asio::steady_timer timer;
    bool granted = false;
};

call_slots::call_slots(const asio::any_io_executor& executor, int n)
    : executor_(executor)
    , free_(std::max(n, 1)) {}

asio::awaitable<call_slots::lease> call_slots::acquire() {
    if (free_ > 0) {
        --free_;
        co_return lease(this);
    }
    auto mine = std::make_shared<waiter>(executor_);
    waiting_.push_back(mine);
    boost::system::error_code ec;
    co_await mine->timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    if (mine->granted) co_return lease(this);
    std::erase(waiting_, mine);
    throw boost::system::system_error(asio::error::operation_aborted);
}

void call_slots::release() {
    if (waiting_.empty()) {
        ++free_;
        return;
    }
    auto next = waiting_.front();
    waiting_.pop_front();
    next->granted = true;
    next->timer.cancel();
}

} // namespace berth::scheduler
