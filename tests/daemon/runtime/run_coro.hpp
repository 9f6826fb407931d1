// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>

namespace berth {

// Runs the task to its end on `io`. The deadline only ends a test that hangs.
template<class T>
T run_coro(boost::asio::io_context& io, boost::asio::awaitable<T> task) {
    std::optional<T> out;
    std::exception_ptr error;
    bool ended = false;
    boost::asio::co_spawn(io, std::move(task), [&](const std::exception_ptr& e, T value) {
        error = e;
        ended = true;
        if (!e) out = std::move(value);
    });
    io.restart();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!ended && io.run_one_until(deadline) > 0) {
    }
    if (error) std::rethrow_exception(error);
    if (!out) throw std::runtime_error("the task did not end");
    return std::move(*out);
}

} // namespace berth
