// SPDX-License-Identifier: BSD-3-Clause
// The timeline of a start in words for people. Pure.
#pragma once

#include "scheduler/spawner/server.hpp"

#include <string>
#include <string_view>

namespace berth::scheduler {

inline constexpr std::size_t max_progress_entries = 40;

// Percent of each stage: what progress bars show.
enum class stage {
    requested = 0,
    prepared = 10,
    submitted = 20,
    queued = 30,
    running = 50,
    starting = 70,
    answering = 90,
    ready = 100
};

// "Queued: waiting for resources (Resources), expected to start at 2026-11-22 19:05 UTC"
std::string queued_text(const job_status& job);
// How a back end's kind is written: "Slurm".
std::string kind_in_words(std::string_view kind);

// Appends to the server's timeline. The same words again are dropped; a queue entry replaces the one before
// it, so that a long wait stays one line. Answers whether something has changed.
bool add_progress(server& s, time_point at, stage where, std::string message);

} // namespace berth::scheduler
