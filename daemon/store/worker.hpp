// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace berth::store {

// Where the database's work, which blocks, is done: a thread of its own, or the turns of a simulation.
class worker {
  public:
    using instant = std::chrono::steady_clock::time_point;
    // Does what there is to do and tells when it wants to be called again: then, or as soon as it is woken
    // (instant::max(): only then). Nothing: it has ended.
    using turn = std::function<std::optional<instant>()>;

    virtual ~worker() = default;
    virtual void start(turn work) = 0; // once
    virtual void wake() = 0;           // from any thread
    virtual void join() = 0;           // returns when the work has ended
    virtual instant now() const = 0;
};

std::unique_ptr<worker> make_thread_worker();

} // namespace berth::store
