// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace berth {

// Runs `work` on `pool` and resumes the caller on its own executor with what it returned or threw. For files, DNS and
// other calls that block. `work` must own what it touches; it cannot be interrupted, so it must have a deadline itself.
template<class Work>
boost::asio::awaitable<std::invoke_result_t<Work>> run_blocking(boost::asio::thread_pool& pool, Work work) {
    using out = std::invoke_result_t<Work>;
    auto body = [](Work w) -> boost::asio::awaitable<out> { co_return w(); };
    co_return co_await boost::asio::co_spawn(pool, body(std::move(work)), boost::asio::use_awaitable);
}

} // namespace berth
