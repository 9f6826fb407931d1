// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/result.hpp"

#include <string>

namespace berth::scheduler {

// Keeps calls from waiting for a controller that does not answer. After two failures in a row it is open for
// 2 s, then one call may try; each further failure doubles the time up to 10 s; a success closes it.
class breaker {
  public:
    // unavailable with the words of the last failure while open. A success is a permission to call once.
    result<void> may_call(time_point now);
    void succeeded();
    void failed(time_point now, const std::string& words);

  private:
    int failures_ = 0;
    time_point open_until_{};
    std::string words_;
};

} // namespace berth::scheduler
