// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"

#include <optional>

namespace berth::hub {

// How long servers may be; nothing: as the general ones say, and there: for ever. Zero: for ever.
struct cull_limits {
    std::optional<duration> idle, max_age, pending;
    bool operator==(const cull_limits&) const = default;
};

} // namespace berth::hub
