// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"

namespace berth::hub {

// How long a service that has ended stays down before it is started again: 1 s, doubled with each short life,
// 60 s at most. One that has lived for a minute begins anew.
class restart_pace {
  public:
    duration after(duration lived);

  private:
    duration next_ = std::chrono::seconds(1);
};

} // namespace berth::hub
