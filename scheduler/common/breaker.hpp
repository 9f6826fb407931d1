// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/result.hpp"

#include <string>

namespace berth::scheduler {

// How long a server that does not answer is left alone.
struct breaker_bounds {
    duration longest_pause; // the first is 2 s, and each further failure doubles it
    duration one_try;       // a try that says nothing for so long lets another try
};

// Keeps calls from waiting for a server that does not answer, and from one that has asked for a pause. After
// two failures in a row it is open for 2 s, then one call may try; each further failure doubles the time; a
// success closes it.
class breaker {
  public:
    explicit breaker(const breaker_bounds& bounds) : bounds_(bounds) {}

    // unavailable with the words of the last failure while open. A success is a permission to call once.
    result<void> may_call(time_point now);
    void succeeded() { failures_ = 0; }
    void failed(time_point now, const std::string& words);
    // The server wants no calls for so long, whatever it answered before: 1 s to 5 minutes.
    void pause(time_point now, duration how_long, const std::string& words);

  private:
    breaker_bounds bounds_;
    int failures_ = 0;
    time_point open_until_{}, paused_until_{};
    std::string words_;
};

} // namespace berth::scheduler
