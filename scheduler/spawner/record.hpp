// SPDX-License-Identifier: BSD-3-Clause
// One server with what only its driver knows, and its row in the table `servers`.
#pragma once

#include "daemon/store/store.hpp"
#include "scheduler/spawner/failure_text.hpp"
#include "scheduler/spawner/server.hpp"
#include "scheduler/spawner/server_fsm.hpp"
#include "scheduler/common/signals.hpp"
#include "scheduler/spawner/spawner.hpp"

#include <memory>
#include <optional>
#include <string>

namespace berth::scheduler {

struct record {
    server s;
    // Stored beside `s`.
    server_step at = server_step::stopped;
    std::string account;       // who the job runs as: the owner's name when the start was asked for
    std::string reported_host; // from the callback; "" when the scheduler's word counts
    duration frozen{};         // of this step: how long the scheduler has not been answering
    std::optional<time_point> stop_asked;

    // In memory only.
    std::optional<launch_support::launch> launch; // until the job is known to exist
    time_point launch_made{};
    secret credential;
    bool credential_known = false;
    int submit_tries = 0;
    bool probing = false, answered = false, cancelling = false;
    bool reports_activity = false; // the server itself, since it was started or the hub was
    bool start_told = false; // the outcome of this start has been counted
    bool unsaved = false;    // a commit failed: again as soon as the disk works
    int absent_count = 0;    // healthy listings in a row that did not show the job
    time_point absent_since{};
    std::uint64_t absent_after = 0; // listings up to this one say nothing about this job
    std::string probe_words;        // why the last probe failed
    time_point address_told{};      // when the job last told its address; the restart, for a stored one
    time_point shown_running{};     // when the last listing that showed this job running was asked for
    std::shared_ptr<wake_signal> waiters;
};

store::migrations server_tables();
store::statement select_servers();
record record_from(const store::row& r);
store::statement save_server(const record& r);
store::statement delete_server(const server_key& key);
// Only what a poll changes, for the attempt that it was seen of: safe to be written late.
store::statement save_job(const record& r);
store::statement save_activity(const server_key& key, time_point when);

} // namespace berth::scheduler
