// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/clock.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace berth {
namespace asio = boost::asio;

time_point system_clock::now() const {
    return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
}

asio::awaitable<void> system_clock::sleep_for(duration d) {
    asio::steady_timer timer(co_await asio::this_coro::executor, d);
    co_await timer.async_wait(asio::use_awaitable);
}

struct manual_clock::sleeper {
    explicit sleeper(const asio::any_io_executor& executor) : timer(executor, asio::steady_timer::time_point::max()) {}
    asio::steady_timer timer;
    bool due = false;
};

manual_clock::manual_clock(time_point start) : now_(start) {}
manual_clock::~manual_clock() = default;

asio::awaitable<void> manual_clock::sleep_for(duration d) {
    auto mine = std::make_shared<sleeper>(co_await asio::this_coro::executor);
    sleepers_.emplace(now_ + std::max(d, duration::zero()), mine);
    if (d <= duration::zero()) advance(duration::zero());
    boost::system::error_code ec;
    if (!mine->due) co_await mine->timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    if (mine->due) co_return;
    std::erase_if(sleepers_, [&](const auto& entry) { return entry.second == mine; });
    throw boost::system::system_error(asio::error::operation_aborted);
}

void manual_clock::advance(duration d) {
    now_ += d;
    while (!sleepers_.empty() && sleepers_.begin()->first <= now_) {
        auto first = sleepers_.begin()->second;
        sleepers_.erase(sleepers_.begin());
        first->due = true;
        first->timer.cancel();
    }
}

} // namespace berth
