// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>

namespace berth::auth {

template<class T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> task) {
    std::optional<T> out;
    boost::asio::co_spawn(io, std::move(task), [&](const std::exception_ptr& error, T value) {
        if (error) std::rethrow_exception(error);
        out = std::move(value);
    });
    io.restart();
    while (!out && io.run_one() > 0) {
    }
    return std::move(*out);
}

} // namespace berth::auth
