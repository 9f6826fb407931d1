// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace berth {

// "2026-11-22T19:05:51.156002Z": UTC, always six decimals (hub contract, section 1.1).
std::string iso8601(time_point t);
// ISO 8601 with or without fraction, with Z, an offset (+01:00) or none (taken as UTC). Nothing when malformed.
std::optional<time_point> parse_iso8601(std::string_view text);

// The configuration's durations: "300ms", "30s", "5m", "2h", "14d". invalid_argument names the forms allowed.
result<duration> parse_duration(std::string_view text);
// "300ms", "30s", "5m", "2h", "14d": the largest unit that divides it.
std::string to_text(duration d);

} // namespace berth
