// SPDX-License-Identifier: BSD-3-Clause
// A server's state in words for people: what cards, the timeline and the failure page say. Pure.
#pragma once

#include "hubapi/pages/views.hpp"
#include "scheduler/spawner/server.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace berth::pages {

// What the words are made with beside the server itself.
struct surroundings {
    time_point now{};
    std::string base_url = "/";
    std::map<std::string, std::string> cluster_kind;   // "hpc" -> "slurm"
    std::map<std::string, std::string> profile_titles; // "small" -> "1 core, 2 GB, 1 hour"
    bool implicit_spawn = false;                       // a visit to the spawn address starts a server
};

moment moment_of(const std::optional<time_point>& t,
                 time_point now);      // "14:05 UTC"; another day's with its date
std::string elapsed_words(duration d); // "12 s", "2 min 14 s", "3 h 12 min"
std::string server_title(std::string_view name, std::string_view display_name);
chip chip_of(const scheduler::server& s);
// "Slurm" for the cluster's kind; "the cluster" when it is not known.
std::string scheduler_name(const surroundings& about, const std::string& cluster);
// "Waiting for resources (Slurm: Resources)"; "" while there is no reason.
std::string reason_line(const std::string& scheduler, const scheduler::job_status& job);
// "Slurm job 4711"; "" without one.
std::string job_words(const surroundings& about, const scheduler::server& s);
// "OUT_OF_MEMORY (OutOfMemory)": state and reason as the scheduler says them.
std::string scheduler_words(const scheduler::spawn_failure& f);

server_card card_of(const scheduler::server& s, const surroundings& about);
// The default server of somebody who never started it.
server_card card_of_nothing(const std::string& user, const surroundings& about);
// Title of the home page: "1 running, 1 queued".
std::string summary(const std::vector<server_card>& cards);

std::vector<timeline_step> timeline(const scheduler::server& s, const surroundings& about);
pending_view pending_of(const scheduler::server& s, const surroundings& about);
// Only for a server with a failure.
failed_view failed_of(const scheduler::server& s, const surroundings& about, const std::string& request_id);

// /hub/start/al/n1 and the like: addresses that forms post to.
std::string action_url(const surroundings& about, std::string_view verb, const scheduler::server& s);

} // namespace berth::pages
