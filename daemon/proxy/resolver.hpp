// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/proxy/addresses.hpp"
#include "daemon/proxy/reactor.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace berth::proxy {

using address_list = std::vector<socket_address>; // empty: the name is not known

// Names of compute nodes to addresses, asked off the io threads and kept for a short while; when the name
// service fails, what it said last is used on. Thread-safe.
class resolver {
  public:
    resolver();
    resolver(const resolver&) = delete;
    resolver& operator=(const resolver&) = delete;
    ~resolver(); // waits for look-ups under way

    // Calls `done` on `loop`'s thread, or at once when the answer is at hand. `loop` must outlive the
    // resolver.
    void lookup(const std::string& host, std::uint16_t port, reactor& loop,
                std::function<void(address_list)> done);

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace berth::proxy
