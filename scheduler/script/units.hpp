// SPDX-License-Identifier: BSD-3-Clause
// The notations of run times and memory that profiles, forms and the API use.
#pragma once

#include "daemon/runtime/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace berth::scheduler {

// "HH:MM:SS", "D-HH", "D-HH:MM", "D-HH:MM:SS", "90m", "2h", "45s", "1d"; from 1 second to 366 days. A bare
// number and "HH:MM" are refused: Slurm reads the first as minutes and the second as minutes and seconds,
// people do not.
result<std::chrono::seconds> parse_runtime(std::string_view text);
std::string runtime_text(std::chrono::seconds s);  // "01:00:00", "2-00:00:00": what parse_runtime reads
std::string runtime_words(std::chrono::seconds s); // "1 hour", "90 minutes", "2 days"

// In MiB: "512M", "2G", "1T", "1048576K", with "B" or "iB" after the letter if you like; a bare number is
// MiB, as in Slurm. From 1 MiB to 1 EiB; fractions of a MiB are rounded up.
result<std::int64_t> parse_memory(std::string_view text);
std::string memory_text(std::int64_t mib);  // "2G", "1536M"
std::string memory_words(std::int64_t mib); // "2 GB", "1.5 GB", "512 MB"

// `value` as error sentences show it: in double quotes, control characters escaped, cut after 80 bytes.
std::string shown(std::string_view value);

} // namespace berth::scheduler
