// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"
#include "daemon/runtime/spawn.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>

namespace berth {

// How a process ended: by exit code or by signal. Neither is known of a process that was adopted.
struct exit_status {
    std::optional<int> code = std::nullopt;
    std::optional<int> signal = std::nullopt;
    bool operator==(const exit_status&) const = default;
};
std::string to_text(const exit_status& status); // "exit code 1", "signal 9", "ended"

// A process that is watched through its pidfd, so that its number is never mistaken for another's. Never
// blocks. Lives on one executor's thread. Destroying it neither ends the process nor forgets to reap it;
// until the process has ended the event loop has work and `run` does not return by itself.
class child_process {
  public:
    // Resumes when the program runs. not_found or io_error with the step that failed; invalid_argument.
    static boost::asio::awaitable<result<std::unique_ptr<child_process>>> start(child_options options);
    // A process that somebody else started: not_found when there is none. The caller makes sure that it is
    // the one meant.
    static result<std::unique_ptr<child_process>> adopt(boost::asio::any_io_executor executor, pid_t pid);
    // One that spawn_process made.
    static std::unique_ptr<child_process> watch(boost::asio::any_io_executor executor, spawned s);
    ~child_process();
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    pid_t pid() const;
    // Set once the process has ended and the event loop has seen it.
    const std::optional<exit_status>& ended() const;
    // Resumes when the process has ended; at once when it has already. Cancelling it: `cancelled`.
    boost::asio::awaitable<result<exit_status>> wait();
    // not_found when it has ended, denied when it belongs to another user.
    result<void> signal(int number);
    // To its whole process group, as long as the process itself is there.
    result<void> signal_group(int number);

  private:
    struct state;
    explicit child_process(std::shared_ptr<state> s);
    std::shared_ptr<state> state_;
};

} // namespace berth
