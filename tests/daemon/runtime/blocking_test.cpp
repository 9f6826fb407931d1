// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/blocking.hpp"

#include "daemon/runtime/resume.hpp"
#include "tests/daemon/runtime/run_coro.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace berth {
namespace {

namespace asio = boost::asio;

asio::awaitable<std::pair<std::thread::id, std::thread::id>> where(asio::thread_pool& pool) {
    const auto there = co_await run_blocking(pool, [] { return std::this_thread::get_id(); });
    co_return std::pair(there, std::this_thread::get_id());
}

TEST(Blocking, WorksElsewhereAndResumesHere) {
    asio::io_context io;
    asio::thread_pool pool(2);
    const auto [there, here] = run_coro(io, where(pool));
    EXPECT_EQ(here, std::this_thread::get_id());
    EXPECT_NE(there, here);
}

TEST(Blocking, PassesOnWhatIsThrown) {
    asio::io_context io;
    asio::thread_pool pool(1);
    EXPECT_THROW(run_coro(io, run_blocking(pool, []() -> int { throw std::runtime_error("x"); })),
                 std::runtime_error);
}

asio::awaitable<int> resumed_by(std::thread& other) {
    auto start = [&other](resumer<int> r) {
        other = std::thread([resume = std::move(r)]() mutable { resume(42); });
    };
    co_return co_await suspend_until_resumed<int>(std::move(start));
}

TEST(Blocking, AnotherThreadMayResume) {
    asio::io_context io;
    std::thread other;
    EXPECT_EQ(run_coro(io, resumed_by(other)), 42);
    other.join();
}

} // namespace
} // namespace berth
