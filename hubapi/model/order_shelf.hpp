// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "hubapi/model/servers.hpp"

#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace berth::hub {

// Starts that wait for their owner to come back from the identity provider. In memory: after a restart of the hub the form is shown
// again instead. Bounded: of 1,000 the oldest goes; each is good once, for its owner, for ten minutes.
class order_shelf {
  public:
    explicit order_shelf(clock& time) : time_(time) {}

    // The name under which it lies: 24 random characters.
    std::string put(start_order order, std::string next);

    struct shelved {
        start_order order;
        std::string next; // where the owner was going
    };
    std::optional<shelved> take(std::string_view name, std::int64_t user_id);

  private:
    struct entry {
        std::string name;
        shelved what;
        time_point put_at{};
    };
    clock& time_;
    std::deque<entry> entries_;
};

} // namespace berth::hub
