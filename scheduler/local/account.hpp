// SPDX-License-Identifier: BSD-3-Clause
// Accounts that servers run as, and their home directories. Launcher only; blocking.
#pragma once

#include "daemon/runtime/result.hpp"
#include "daemon/runtime/spawn.hpp"

#include <optional>
#include <string>
#include <sys/types.h>

namespace berth::scheduler {

// "" leaves `identity` empty: our own account. Else looks the account up: not_found, or denied for root.
result<void> prepare_account(const std::string& user, std::optional<child_identity>& identity);

// Makes the directory (0700, the account's) and what is missing above it; leaves one that exists as it is.
result<void> make_home(const std::string& path, const std::optional<child_identity>& identity);

// Whether the process runs the same program file as we do.
bool same_program(pid_t pid);
std::optional<uid_t> owner_of(pid_t pid);

} // namespace berth::scheduler
