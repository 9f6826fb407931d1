// SPDX-License-Identifier: BSD-3-Clause
// A local job's state directory, <data_dir>/local/<job name>/, 0700, files 0600, each written whole or not at
// all:
//
//   job.json   by the hub, before the launch: {"user", "port", "created"}
//   pid.json   by the shepherd: {"boot", "shepherd": {"pid", "start"}, "server": {"pid", "start"}, "began"}
//   exit.json  by the shepherd, when server and whatever it left behind have ended: {"exit_code"|"signal",
//   "ended"} stop.json  by the hub, when it had to signal a server without a shepherd: {"asked"} log what the
//   server writes lock       held (flock) by whoever starts the server or shepherds it
//
// Times are microseconds since the epoch; "start" is field 22 of /proc/PID/stat, which tells a pid from its
// later owners. Blocking, without Asio: shared by the hub's worker threads and the launcher.
#pragma once

#include "daemon/runtime/result.hpp"
#include "daemon/runtime/spawn.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

namespace berth::scheduler {

// clock.hpp's types, without Asio.
using wall_time = std::chrono::sys_time<std::chrono::microseconds>;

struct process_id {
    pid_t pid = 0;
    std::uint64_t start = 0;
    bool operator==(const process_id&) const = default;
};

struct job_file {
    std::string user;
    int port = 0;
    wall_time created{};
};
struct pid_file {
    std::string boot; // the kernel's boot id: after a reboot no pid is ours
    process_id shepherd, server;
    wall_time began{};
};
struct exit_file {
    std::optional<int> exit_code, signal;
    wall_time ended{};
};

result<void> write_job(const std::string& dir, const job_file& f);
result<void> write_pid(const std::string& dir, const pid_file& f);
// Room for the exit file, so that an end can be told on a disk that has become full; write_exit uses it.
result<void> reserve_exit(const std::string& dir);
result<void> write_exit(const std::string& dir, const exit_file& f);
result<void> write_stop(const std::string& dir, wall_time asked);
// Nothing when the file is not there or cannot be understood.
std::optional<job_file> read_job(const std::string& dir);
std::optional<pid_file> read_pid(const std::string& dir);
std::optional<exit_file> read_exit(const std::string& dir);
std::optional<wall_time> read_stop(const std::string& dir);

// Takes the directory's lock; `conflict` when somebody holds it.
result<unique_fd> lock_job(const std::string& dir);
bool is_locked(const std::string& dir);

// The process with this number as it is now; nothing when there is none.
std::optional<process_id> process_now(pid_t pid);
// Whether it is the same process and has not ended (a zombie has).
bool lives(const process_id& p);
std::string boot_id();
wall_time wall_now();

} // namespace berth::scheduler
