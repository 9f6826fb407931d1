// SPDX-License-Identifier: BSD-3-Clause
// What one choice of a profile allows.
#pragma once

#include "daemon/runtime/result.hpp"
#include "scheduler/script/options.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace berth::scheduler {

// Reads the user's value of a choice into `fields`. invalid_argument names the field, the value and what is
// allowed.
result<void> choose(job_fields& fields, const choice& c, const nlohmann::json& value);

// "from 1 to 8", "at most 04:00:00", "one of debug, long"; "" when anything goes.
std::string allowed_words(const choice& c);

// Whether the choice itself makes sense: its field may be chosen, type and field agree, bounds and default
// are valid.
result<void> check_choice(const choice& c);

} // namespace berth::scheduler
