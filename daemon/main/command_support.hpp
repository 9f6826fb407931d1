// SPDX-License-Identifier: BSD-3-Clause
// What the commands share.
#pragma once

#include "daemon/main/commands.hpp"
#include "daemon/main/configuration.hpp"
#include "daemon/main/data_dir.hpp"
#include "daemon/runtime/http_client.hpp"

#include <expected>
#include <optional>

namespace berth::config {

inline constexpr int exit_failed = 1, exit_configuration = 2;

// Reads the configuration, with --data-dir over it. Problems are printed, a line each, and nothing is returned.
std::optional<configuration> read_or_complain(const common_options& o);

// What every command works on: the configuration, the account that the daemon drops to, its data directory.
struct surroundings {
    configuration c;
    std::optional<account> owner;
    data_dir d;
};
// Opens them. Otherwise says why, and gives the exit status.
std::expected<surroundings, int> open_or_complain(configuration c);

// Prints "berth: SENTENCE" on standard error and returns `status`.
int complain(const failure& f, int status = exit_failed);

// Calls the hub that runs on this data directory, as its command line. Runs an event loop of its own; blocks.
result<http_answer> call_hub(const data_dir& d, const configuration& c, std::string method, const std::string& path, std::string body);

} // namespace berth::config
