// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "hubapi/model/settings.hpp"
#include "scheduler/spawner/server.hpp"

#include <optional>
#include <string>

namespace berth::hub {

// The limits of a server of this profile: its own, and the general ones where it says nothing. Unset: none.
cull_limits limits_of(const cull_settings& s, const std::string& profile);

// Why the server has to go now: a sentence for its owner; nothing while it may stay. `began`: when this hub did.
std::optional<std::string> why_culled(const scheduler::server& s, const cull_limits& limits, time_point began, time_point now);

} // namespace berth::hub
