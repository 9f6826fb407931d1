// SPDX-License-Identifier: BSD-3-Clause
// What others wrote, made fit for a sentence of ours.
#pragma once

#include "daemon/runtime/clock.hpp"

#include <string>
#include <string_view>

namespace berth::auth {

// At most 200 characters, control characters out, UTF-8.
std::string printable(std::string_view text);

inline long whole_seconds(duration d) {
    return static_cast<long>(std::chrono::duration_cast<std::chrono::seconds>(d).count());
}

} // namespace berth::auth
