// SPDX-License-Identifier: BSD-3-Clause
// A notebook server as the hub knows it. Values only; owned by `spawner`, on the hub thread.
#pragma once

#include "daemon/runtime/clock.hpp"
#include "scheduler/job.hpp"
#include "scheduler/spawner/start_keys.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::scheduler {

// Whose server, and which: "" is the default one.
struct server_key {
    std::int64_t user_id = 0;
    std::string name;
    auto operator<=>(const server_key&) const = default;
};

// stopped -> preparing -> submitting -> queued -> launching -> ready -> stopping -> stopped (design.md).
enum class phase { stopped, preparing, submitting, queued, launching, ready, stopping };
std::string_view to_string(phase p);

// Why a server is not there although somebody wanted it.
struct spawn_failure {
    std::string sentence; // for people: "Out of memory (job 4711, exit code 137)"
    std::string state;    // the scheduler's word, "" when it never got that far
    std::string reason;   // the scheduler's reason or error text
    std::optional<int> exit_code, signal;
    std::string log_tail; // the last lines of the job's output
    time_point at{};
    bool refused = false;   // the scheduler refused the job: the request was wrong, nothing ran
    bool was_ready = false; // it had been serving before it ended
    bool operator==(const spawn_failure&) const = default;
};

// One line of the timeline that pages, the progress events and the API show.
struct progress_entry {
    time_point at{};
    int percent = 0; // 0..100
    std::string message;
    bool operator==(const progress_entry&) const = default;
};

struct server {
    server_key key;
    std::string user_name; // the hub's name of the owner
    std::string url_path;  // "/user/al/" or "/user/al/n1/", base_url included: its route
    std::string display_name;
    std::string cluster, profile;
    std::string user_options = "{}"; // JSON, as the user gave it
    job_fields fields;               // what was made of it

    phase state = phase::stopped;
    bool wanted = false; // the desired state, durable: true from start until stop
    bool remove_when_stopped = false;
    std::string attempt; // random, one per start; part of the job's name
    std::string job_name, job_id;
    std::optional<job_status> job;           // as last told by the scheduler
    std::optional<time_point> unknown_since; // the scheduler has not answered since; the last state stands
    std::string host;                        // where the server listens
    int port = 0;

    std::optional<time_point> created; // the record
    std::optional<time_point> started; // this start was asked for
    std::optional<time_point> phase_since, ready_at, last_activity;
    std::optional<spawn_failure> failure; // of the last start; kept until dismissed or started again
    std::vector<progress_entry> progress; // of the last start; bounded
    std::vector<start_key> start_keys; // of the starts so far
    std::string caveat;        // what this start had to go without, a sentence for its owner; "" for nothing
    std::uint64_t version = 0; // grows with every visible change

    bool active() const { return state != phase::stopped; }
    bool ready() const { return state == phase::ready; }
    // JupyterHub's word: "spawn", "stop" or "" (hub contract 1.3).
    std::string_view pending() const;
};

} // namespace berth::scheduler
