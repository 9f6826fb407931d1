// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/child_process.hpp"

#include "daemon/runtime/pidfd.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/wait.h>

namespace berth {
namespace asio = boost::asio;

std::string to_text(const exit_status& status) {
    if (status.code) return fmt::format("exit code {}", *status.code);
    if (status.signal) return fmt::format("signal {}", *status.signal);
    return "ended";
}

struct child_process::state {
    state(const asio::any_io_executor& executor, pid_t p, unique_fd fd)
        : pid(p)
        , pidfd(executor, fd.release())
        , gone(executor, asio::steady_timer::time_point::max()) {}

    pid_t pid;
    asio::posix::stream_descriptor pidfd;
    asio::steady_timer gone; // cancelled when `ended` is set
    std::optional<exit_status> ended;

    // Keeps the state until the process has ended, so that it is always reaped.
    static void watch(std::shared_ptr<state> s) {
        auto& fd = s->pidfd;
        fd.async_wait(asio::posix::stream_descriptor::wait_read,
                      [s = std::move(s)](boost::system::error_code ec) mutable {
                          if (!ec) s->reap();
                      });
    }
    void reap() {
        siginfo_t info{};
        exit_status status;
        if (waitid(P_PIDFD, static_cast<id_t>(pidfd.native_handle()), &info, WEXITED | WNOHANG) == 0 &&
            info.si_pid != 0) {
            if (info.si_code == CLD_EXITED)
                status.code = info.si_status;
            else
                status.signal = info.si_status;
        }
        ended = status;
        pidfd.close();
        gone.cancel();
    }
};

child_process::child_process(std::shared_ptr<state> s) : state_(std::move(s)) { state::watch(state_); }
child_process::~child_process() = default;
pid_t child_process::pid() const { return state_->pid; }
const std::optional<exit_status>& child_process::ended() const { return state_->ended; }

asio::awaitable<result<std::unique_ptr<child_process>>> child_process::start(child_options options) {
    const auto executor = co_await asio::this_coro::executor;
    auto made = spawn_process(options);
    if (!made) co_return fail(made.error());
    const auto status = std::move(made->started);
    auto child = watch(executor, std::move(*made));
    asio::posix::stream_descriptor started(executor, status.get());
    boost::system::error_code ec;
    co_await started.async_wait(asio::posix::stream_descriptor::wait_read,
                                asio::redirect_error(asio::use_awaitable, ec));
    started.release();
    if (ec) co_return fail(errc::cancelled, "cancelled while " + options.argv[0] + " was being started");
    if (const auto runs = await_start(status, options); !runs) co_return fail(runs.error());
    co_return child;
}

std::unique_ptr<child_process> child_process::watch(asio::any_io_executor executor, spawned s) {
    return std::unique_ptr<child_process>(
        new child_process(std::make_shared<state>(executor, s.pid, std::move(s.pidfd))));
}

result<std::unique_ptr<child_process>> child_process::adopt(asio::any_io_executor executor, pid_t pid) {
    unique_fd fd(pidfd_open(pid, 0));
    if (!fd) return fail(errc::not_found, fmt::format("no process {}: {}", pid, std::strerror(errno)));
    return std::unique_ptr<child_process>(
        new child_process(std::make_shared<state>(executor, pid, std::move(fd))));
}

asio::awaitable<result<exit_status>> child_process::wait() {
    const auto s = state_;
    boost::system::error_code ec;
    if (!s->ended) co_await s->gone.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    if (!s->ended) co_return fail(errc::cancelled, "no longer waiting for the process");
    co_return *s->ended;
}

result<void> child_process::signal(int number) {
    if (!state_->ended && pidfd_send_signal(state_->pidfd.native_handle(), number, nullptr, 0) == 0)
        return {};
    if (!state_->ended && errno == EPERM)
        return fail(errc::denied, fmt::format("process {} belongs to another user", state_->pid));
    return fail(errc::not_found, fmt::format("process {} has ended", state_->pid));
}

result<void> child_process::signal_group(int number) {
    if (const auto there = signal(0); !there) return there;
    if (kill(-state_->pid, number) == 0) return {};
    return fail(errno == EPERM ? errc::denied : errc::not_found,
                fmt::format("process group {}: {}", state_->pid, std::strerror(errno)));
}

} // namespace berth
