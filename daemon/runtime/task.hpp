// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace berth {

// Owner of detached work. Every coroutine that is not awaited by its starter runs here: what it throws is logged
// ("task.failed" with the task's name), and at shutdown it is cancelled and awaited.
// Lives on one executor's thread. Must outlive nothing that its tasks use: destroy it (after `join`) before them.
class task_scope {
  public:
    task_scope(boost::asio::any_io_executor executor, logger& log);
    task_scope(const task_scope&) = delete;
    task_scope& operator=(const task_scope&) = delete;
    ~task_scope();

    // Starts the task at the executor's next turn. After `cancel`, tasks are no longer taken and the call is ignored.
    void spawn(std::string name, boost::asio::awaitable<void> task);

    // Asks every task to end (terminal cancellation) and takes no more.
    void cancel();

    // Waits until every task has ended; timed_out after `limit` with the names of those that have not.
    boost::asio::awaitable<result<void>> join(duration limit);

    std::size_t running() const;
    const boost::asio::any_io_executor& executor() const;

  private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace berth
