// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"

#include <string>

namespace berth::scheduler {

// Of an answer's Retry-After (RFC 9110, 10.2.3): seconds, or an HTTP date; 10 s when it is neither.
duration retry_after(const std::string* header, time_point now);

} // namespace berth::scheduler
