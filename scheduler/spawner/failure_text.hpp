// SPDX-License-Identifier: BSD-3-Clause
// Why a server is not there, in a sentence for people. Pure.
#pragma once

#include "scheduler/spawner/server.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace berth::scheduler {

enum class ending_cause {
    not_prepared, // the hub itself could not make what the job needs (credential, token)
    refused,      // by the scheduler
    stuck,        // queued for a reason that waiting will not cure
    queue_timeout,
    launch_timeout,
    over,   // the scheduler says so
    absent, // the scheduler does not know the job any more
};

// What is known when a start ends without a server, or a server ends by itself.
struct ending {
    ending_cause cause = ending_cause::over;
    std::string words;             // the back end's or the hub's own, where there are any
    std::optional<job_status> job; // as last told
    bool was_ready = false;
    bool submitted = false; // the scheduler had taken the job
    std::string host;       // where the server said that it listens; "" when it never did
    int port = 0;
    duration limit{}; // of the time-outs
};

// A server that ended by itself with exit code 0 after it had been serving: nothing went wrong.
bool ended_well(const ending& e);

// "Out of memory (job 4711)". Never empty, no full stop at its end.
std::string failure_sentence(const ending& e);

// "1:00:00", "2-00:00:00", "0:05:00": as Slurm's users read it.
std::string clock_text(duration d);

// The last `max_bytes` of `text` as valid UTF-8 without control characters but line ends and tabs; begins at
// a line's begin where something was cut.
std::string readable_tail(std::string_view text, std::size_t max_bytes);

} // namespace berth::scheduler
