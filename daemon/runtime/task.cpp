// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/task.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <list>

namespace berth {
namespace asio = boost::asio;

struct task_scope::state {
    struct entry {
        std::string name;
        asio::cancellation_signal stop;
    };
    state(asio::any_io_executor e, logger& l) : executor(std::move(e)), log(l), idle(executor, asio::steady_timer::time_point::max()) {}

    asio::any_io_executor executor;
    logger& log;
    std::list<std::shared_ptr<entry>> entries;
    asio::steady_timer idle; // cancelled when the last entry goes
    bool closed = false;
};

namespace {

std::string describe(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "an exception of unknown type";
    }
}

bool is_cancellation(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& e) {
        return e.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

} // namespace

namespace {

// Begins at the event loop's next turn, so that a task never runs inside the call that starts it.
asio::awaitable<void> next_turn(asio::awaitable<void> task) {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    co_await std::move(task);
}

} // namespace

task_scope::task_scope(asio::any_io_executor executor, logger& log) : state_(std::make_shared<state>(std::move(executor), log)) {}
task_scope::~task_scope() { cancel(); }

void task_scope::spawn(std::string name, asio::awaitable<void> task) {
    if (state_->closed) return;
    auto mine = std::make_shared<state::entry>();
    mine->name = std::move(name);
    auto at = state_->entries.insert(state_->entries.end(), mine);
    auto done = [s = state_, at, mine](const std::exception_ptr& error) mutable {
        if (error && !(s->closed && is_cancellation(error)))
            s->log.error("task.failed", {{"task", mine->name}, {"error", describe(error)}});
        s->entries.erase(at);
        if (s->entries.empty()) s->idle.cancel();
        // A cancellation asked for from outside of the event loop is still queued and points into the signal: the entry
        // goes behind it.
        asio::post(s->executor, [keep = std::move(mine)] {});
    };
    asio::co_spawn(state_->executor, next_turn(std::move(task)), asio::bind_cancellation_slot((*at)->stop.slot(), std::move(done)));
}

void task_scope::cancel() {
    state_->closed = true;
    // A task may end, and so erase itself, while it is told: look at the next one first.
    for (auto at = state_->entries.begin(); at != state_->entries.end();) (*at++)->stop.emit(asio::cancellation_type::terminal);
}

asio::awaitable<result<void>> task_scope::join(duration limit) {
    auto s = state_;
    s->idle.expires_after(limit);
    boost::system::error_code ec;
    if (!s->entries.empty()) co_await s->idle.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    if (s->entries.empty()) co_return result<void>{};
    std::string names;
    for (const auto& e : s->entries) names += (names.empty() ? "" : ", ") + e->name;
    co_return fail(errc::timed_out, "still running: " + names);
}

std::size_t task_scope::running() const { return state_->entries.size(); }
const asio::any_io_executor& task_scope::executor() const { return state_->executor; }

} // namespace berth
