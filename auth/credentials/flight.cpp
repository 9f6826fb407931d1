// SPDX-License-Identifier: BSD-3-Clause
#include "auth/credentials/flight.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace berth::auth {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_waiting = 1'000;

asio::awaitable<void> landing(std::shared_ptr<flight> f) {
    if (f->landed) co_return; // while this branch was being started
    boost::system::error_code ec;
    co_await f->bell.async_wait(asio::redirect_error(asio::use_awaitable, ec));
}

} // namespace

flight::flight(const asio::any_io_executor& executor)
    : bell(executor, asio::steady_timer::time_point::max()) {}

void flight::land() {
    landed = true;
    bell.cancel();
}

asio::awaitable<bool> landed_within(std::shared_ptr<flight> f, clock& time, duration limit) {
    using namespace asio::experimental::awaitable_operators;
    if (f->landed || limit <= duration::zero() || f->waiting >= most_waiting) co_return f->landed;
    struct counted {
        std::size_t& n;
        explicit counted(std::size_t& where) : n(where) { ++n; }
        ~counted() { --n; }
    } here(f->waiting);
    co_await (landing(f) || time.sleep_for(limit));
    co_return f->landed;
}

} // namespace berth::auth
