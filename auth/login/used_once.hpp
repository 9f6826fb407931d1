// SPDX-License-Identifier: BSD-3-Clause
// What may be used once. Private to the room.
#pragma once

#include "daemon/runtime/clock.hpp"

#include <deque>
#include <set>
#include <string>
#include <utility>

namespace berth::auth {

// Remembers for `lifetime`, and no more than 10,000: the oldest go. On one thread.
class used_once {
  public:
    explicit used_once(duration lifetime) : lifetime_(lifetime) {}

    // False when it was used before.
    bool use(const std::string& what, time_point now) {
        while (!order_.empty() && order_.front().first + lifetime_ < now) forget_oldest();
        if (known_.contains(what)) return false;
        if (order_.size() == most) forget_oldest();
        known_.insert(what);
        order_.emplace_back(now, what);
        return true;
    }

  private:
    void forget_oldest() {
        known_.erase(order_.front().second);
        order_.pop_front();
    }

    static constexpr std::size_t most = 10'000;
    duration lifetime_;
    std::set<std::string> known_;
    std::deque<std::pair<time_point, std::string>> order_;
};

} // namespace berth::auth
