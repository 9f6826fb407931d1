// SPDX-License-Identifier: BSD-3-Clause
// The process that starts a server, stays its parent whatever happens to the hub, and writes down how it
// ended. Blocking. Starting is the single-threaded launcher's; ending is also done by the hub's worker
// threads, unprivileged.
#pragma once

#include "scheduler/local/order.hpp"

#include <optional>
#include <sys/types.h>

namespace berth::scheduler {

// Whose files the state directory holds, where the launcher is privileged: root writes there as this account,
// so that nothing in the directory can lead it astray.
struct state_owner {
    uid_t uid = 0;
    gid_t gid = 0;
};

// Forks a shepherd that outlives this process and the hub. Returns the server's pid once it runs, or why it
// does not: not_found (no such command or account), denied (an account that servers may not run as),
// conflict, io_error.
result<pid_t> start_under_shepherd(const launch_order& order, const std::optional<state_owner>& owner);

// Asks a job's shepherd to end its server (SIGTERM, after the grace SIGKILL); where the shepherd has died,
// signals the server's process group itself: SIGTERM the first time, SIGKILL when that was `grace_ms` ago.
// Success when it is over or the shepherd has been asked. With an `owner` (as root) only processes that are
// ours beyond doubt are signalled.
result<void> end_job(const std::string& dir, int grace_ms, const std::optional<state_owner>& owner);

} // namespace berth::scheduler
