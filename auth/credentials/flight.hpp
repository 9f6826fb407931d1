// SPDX-License-Identifier: BSD-3-Clause
// One call to the provider that several wait for. Private to the room.
#pragma once

#include "daemon/runtime/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>

namespace berth::auth {

// On one thread. Who waits may give up; the call knows nothing of them.
struct flight {
    explicit flight(const boost::asio::any_io_executor& executor);
    void land();

    boost::asio::steady_timer bell;
    bool landed = false, succeeded = false;
    std::size_t waiting = 0;
};

// True when it has landed within the limit. At most 1,000 wait; more give up at once.
boost::asio::awaitable<bool> landed_within(std::shared_ptr<flight> f, clock& time, duration limit);

} // namespace berth::auth
