// SPDX-License-Identifier: BSD-3-Clause
// An answer that is asked for when it is needed, kept, and shared by everybody who needs it at the same time.
// Private to the room.
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/result.hpp"
#include "daemon/runtime/resume.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace berth::auth {

// On one thread. One of the callers asks, the others wait for it; when that one is cancelled, another asks.
template<class T>
class kept_answer {
  public:
    using question = std::function<boost::asio::awaitable<result<T>>()>;

    // `ask` is called on this object's behalf for as long as it lives.
    kept_answer(clock& time, question ask) : time_(time), ask_(std::move(ask)) {}

    // What is kept, when it was asked for less than an hour ago; else a new one; else, while the provider is
    // away, the old one. After a failure nobody asks for a while.
    boost::asio::awaitable<result<T>> get() {
        for (;;) {
            if (value_ && time_.now() < obtained_ + good_for) co_return *value_;
            if (time_.now() < again_at_) co_return what_is_known();
            if (!asking_) co_return co_await ask();
            if (value_) co_return *value_; // the old one will do
            (void)co_await next_turn();
        }
    }

    // A new one, unless the last was asked for less than `since` ago: then what is kept.
    boost::asio::awaitable<result<T>> get_newer(duration since) {
        while (asking_) (void)co_await next_turn();
        if (time_.now() < asked_ + since || time_.now() < again_at_) co_return what_is_known();
        co_return co_await ask();
    }

    const std::optional<T>& known() const { return value_; }

  private:
    static constexpr duration good_for = std::chrono::hours(1), first_pause = std::chrono::seconds(1),
                              longest_pause = std::chrono::seconds(60);

    // Ends the turn of the caller who asks, however it ends.
    struct turn {
        kept_answer& of;
        explicit turn(kept_answer& k) : of(k) { of.asking_ = true; }
        turn(const turn&) = delete;
        turn& operator=(const turn&) = delete;
        ~turn() {
            of.asking_ = false;
            for (auto& resume : std::exchange(of.waiting_, {})) resume(true);
        }
    };

    boost::asio::awaitable<bool> next_turn() {
        return suspend_until_resumed<bool>([this](resumer<bool> r) { waiting_.push_back(std::move(r)); });
    }

    boost::asio::awaitable<result<T>> ask() {
        const turn mine(*this);
        const auto began = time_.now();
        auto answer = co_await ask_();
        if (!answer && answer.error().code == errc::cancelled) co_return answer; // this caller's, nobody else's
        asked_ = began;
        if (answer) {
            value_ = *answer;
            obtained_ = began;
            pause_ = first_pause;
            again_at_ = {};
            co_return answer;
        }
        failure_ = answer.error();
        again_at_ = time_.now() + pause_;
        pause_ = std::min(pause_ * 2, longest_pause);
        co_return what_is_known();
    }

    result<T> what_is_known() const {
        if (value_) return *value_;
        return fail(failure_);
    }

    clock& time_;
    question ask_;
    std::optional<T> value_;
    failure failure_{errc::unavailable, "the identity provider has not been asked yet"};
    time_point asked_{}, obtained_{}, again_at_{};
    duration pause_ = first_pause;
    bool asking_ = false;
    std::vector<resumer<bool>> waiting_;
};

} // namespace berth::auth
