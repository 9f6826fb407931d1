// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/task.hpp"

#include "tests/daemon/runtime/run_coro.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>

namespace berth {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> sleep_and_note(clock& c, duration d, std::vector<int>& notes, int note) {
    co_await c.sleep_for(d);
    notes.push_back(note);
}
asio::awaitable<void> throw_something() {
    throw std::runtime_error("the words");
    co_return;
}

struct Tasks : testing::Test {
    asio::io_context io;
    manual_clock clock;
    capturing_logger log;
    std::vector<int> notes;
    void turn() {
        io.restart();
        io.poll();
    }
};

TEST_F(Tasks, TheManualClockWakesInOrderAndOnlyWhenMoved) {
    for (const auto [seconds, note] : {std::pair(3, 3), std::pair(1, 1), std::pair(2, 2)})
        asio::co_spawn(io, sleep_and_note(clock, std::chrono::seconds(seconds), notes, note), asio::detached);
    turn();
    EXPECT_EQ(clock.sleepers(), 3u);
    EXPECT_TRUE(notes.empty());
    const auto before = clock.now();
    clock.advance(2s);
    turn();
    EXPECT_EQ(notes, (std::vector{1, 2}));
    EXPECT_EQ(clock.now() - before, 2s);
    clock.advance(1s);
    turn();
    EXPECT_EQ(notes, (std::vector{1, 2, 3}));
}

TEST_F(Tasks, ACancelledSleepThrowsAndIsForgotten) {
    asio::cancellation_signal stop;
    std::exception_ptr error;
    asio::co_spawn(
        io, sleep_and_note(clock, 1s, notes, 1),
        asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& e) { error = e; }));
    turn();
    stop.emit(asio::cancellation_type::terminal);
    turn();
    EXPECT_TRUE(error);
    EXPECT_EQ(clock.sleepers(), 0u);
    clock.advance(5s);
    turn();
    EXPECT_TRUE(notes.empty());
}

TEST_F(Tasks, ASleepOfNothingEnds) {
    asio::co_spawn(io, sleep_and_note(clock, 0s, notes, 1), asio::detached);
    turn();
    EXPECT_EQ(notes, std::vector{1});
}

TEST_F(Tasks, TheScopeLogsWhatATaskThrows) {
    task_scope scope(io.get_executor(), log);
    scope.spawn("broken", throw_something());
    turn();
    ASSERT_EQ(log.count("task.failed"), 1u);
    EXPECT_THAT(log.records[0].fields,
                testing::ElementsAre(testing::Pair("task", "broken"), testing::Pair("error", "the words")));
    EXPECT_EQ(scope.running(), 0u);
}

TEST_F(Tasks, TheScopeCancelsAndJoinsQuietly) {
    task_scope scope(io.get_executor(), log);
    scope.spawn("a", sleep_and_note(clock, 1h, notes, 1));
    scope.spawn("b", sleep_and_note(clock, 1h, notes, 2));
    turn();
    EXPECT_EQ(scope.running(), 2u);
    scope.cancel();
    EXPECT_TRUE(run_coro(io, scope.join(10s)));
    scope.spawn("late", sleep_and_note(clock, 0s, notes, 3));
    turn();
    EXPECT_TRUE(notes.empty());
    EXPECT_TRUE(log.records.empty());
}

TEST_F(Tasks, JoinNamesWhatStillRuns) {
    task_scope scope(io.get_executor(), log);
    scope.spawn("stubborn", sleep_and_note(clock, 1h, notes, 1));
    turn();
    const auto joined = run_coro(io, scope.join(1ms));
    ASSERT_FALSE(joined);
    EXPECT_EQ(joined.error(), (failure{errc::timed_out, "still running: stubborn"}));
}

} // namespace
} // namespace berth
