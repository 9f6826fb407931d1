// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/store/worker.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace berth::store {
namespace {

class thread_worker final : public worker {
  public:
    ~thread_worker() override { join(); }

    void start(turn work) override {
        thread_ = std::thread([this, work = std::move(work)] {
            while (const auto next = work()) rest_until(*next);
        });
    }

    void wake() override {
        const std::lock_guard lock(mutex_);
        woken_ = true;
        bell_.notify_one();
    }

    void join() override {
        if (thread_.joinable()) thread_.join();
    }

    instant now() const override { return std::chrono::steady_clock::now(); }

  private:
    void rest_until(instant next) {
        std::unique_lock lock(mutex_);
        const auto woken = [this] { return woken_; };
        if (next == instant::max())
            bell_.wait(lock, woken);
        else
            bell_.wait_until(lock, next, woken);
        woken_ = false;
    }

    std::mutex mutex_;
    std::condition_variable bell_;
    bool woken_ = false;
    std::thread thread_;
};

} // namespace

std::unique_ptr<worker> make_thread_worker() { return std::make_unique<thread_worker>(); }

} // namespace berth::store
