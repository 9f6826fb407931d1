// SPDX-License-Identifier: BSD-3-Clause
// The spawn form from the catalogue of profiles. Pure.
#pragma once

#include "hubapi/pages/views.hpp"
#include "scheduler/script/options.hpp"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace berth::pages {

// One entry per profile with the fields that it lets people choose. `options`: what is filled in (as the API
// would take it: {"profile": "small", "runtime": "02:00:00"}); its profile is the chosen one, the first
// otherwise. `judge`: each value of the chosen profile that is refused carries the reason.
std::vector<spawn_profile> spawn_profiles(const scheduler::catalogue& c, const nlohmann::json& options,
                                          bool judge);

// True when some field of these carries an error.
bool any_error(const std::vector<spawn_profile>& profiles);

} // namespace berth::pages
