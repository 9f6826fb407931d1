// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/result.hpp"

#include <string>

namespace berth::scheduler {

// Keeps calls from a server that does not answer, and from one that has asked for a pause. After two failures
// in a row it is closed for 2 s, then one call may try; each further failure doubles the time up to 30 s; an
// answer opens it.
class gate {
  public:
    // unavailable with the words of the last failure while closed. A success is a permission to call once.
    result<void> may_call(time_point now);
    void answered() { failures_ = 0; }
    void failed(time_point now, const std::string& words);
    // 429: nobody calls before it is over; at most five minutes.
    void pause(time_point now, duration how_long, const std::string& words);

  private:
    int failures_ = 0;
    time_point closed_until_{}, paused_until_{};
    std::string words_;
};

// Of an answer's Retry-After: seconds, or an HTTP date; 10 s when it is neither.
duration retry_after(const std::string* header, time_point now);

} // namespace berth::scheduler
