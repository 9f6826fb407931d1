// SPDX-License-Identifier: BSD-3-Clause
// The columns of `servers` that hold JSON. Readers take what they know and leave the rest at its default;
// text that is no JSON reads as empty: a damaged column never costs a server.
#pragma once

#include "scheduler/spawner/server.hpp"

#include <optional>
#include <string>
#include <vector>

namespace berth::scheduler {

std::string to_json_text(const job_fields& f);
std::string to_json_text(const std::optional<job_status>& j);
std::string to_json_text(const std::optional<spawn_failure>& f);
std::string to_json_text(const std::vector<progress_entry>& p);
std::string to_json_text(const std::vector<start_key>& keys);
job_fields fields_from_json(const std::string& text);
std::optional<job_status> job_from_json(const std::string& text);
std::optional<spawn_failure> failure_from_json(const std::string& text);
std::vector<progress_entry> progress_from_json(const std::string& text);
std::vector<start_key> start_keys_from_json(const std::string& text);

} // namespace berth::scheduler
