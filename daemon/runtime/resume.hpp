// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <utility>

namespace berth {

// Resumes a suspended coroutine with a value: called once, from any thread. The coroutine continues on its
// own executor. Dropped uncalled, it destroys the coroutine where it is dropped.
template<class T>
using resumer = std::move_only_function<void(T)>;

// Suspends the caller until the resumer that `start` is given has been called. `start` runs before the caller
// is suspended for good and must not throw. Cancellation does not reach in: the wait ends when the other
// thread says so.
template<class T, class Start>
boost::asio::awaitable<T> suspend_until_resumed(Start start) {
    namespace asio = boost::asio;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    auto initiate = [executor](auto handler, Start begin) {
        auto home = asio::prefer(asio::get_associated_executor(handler, executor),
                                 asio::execution::outstanding_work.tracked);
        begin(resumer<T>([home, h = std::move(handler)](T value) mutable {
            asio::post(home,
                       [h = std::move(h), v = std::move(value)]() mutable { std::move(h)(std::move(v)); });
        }));
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(
        initiate, asio::use_awaitable, std::move(start));
}

} // namespace berth
