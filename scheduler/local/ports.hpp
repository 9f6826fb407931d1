// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"

#include <mutex>
#include <set>

namespace berth::scheduler {

// Free loopback ports for servers that are about to start. One port is never given out twice until it is
// released. Thread-safe.
class port_pool {
  public:
    result<int> take();  // unavailable when the machine has none
    void keep(int port); // of a server that was found running
    void release(int port);

  private:
    std::mutex mutex_;
    std::set<int> taken_;
};

} // namespace berth::scheduler
