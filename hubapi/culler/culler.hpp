// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "hubapi/model/hub.hpp"

#include <boost/asio/awaitable.hpp>

namespace berth::hub {

// Looks at all servers every interval and stops those over their limits, until it is cancelled. `h` outlives it; its settings
// may change meanwhile.
boost::asio::awaitable<void> keep_culling(hub& h);

} // namespace berth::hub
