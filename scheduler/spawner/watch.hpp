// SPDX-License-Identifier: BSD-3-Clause
// What one listing means for one server. Pure.
#pragma once

#include "scheduler/spawner/server_fsm.hpp"
#include "scheduler/spawner/spawner.hpp"

#include <optional>
#include <span>
#include <vector>

namespace berth::scheduler {

// Of the jobs that bear this attempt's name: the one with the known id, else one that lives, else any; null
// for none. Another job that the scheduler has given the same id since bears another name, so it is never
// taken for ours.
const job_status* pick_job(std::span<const job_status* const> same_name, const std::string& job_id);

// What a job seen now says, given what was seen before. job_stuck and job_moved are told apart from their
// plain forms.
server_event sighting_of(const job_status& now, const std::optional<job_status>& before);

// Whether so many healthy listings without the job, since `absent_since`, prove that it has gone.
bool absence_confirmed(const cluster_settings& settings, int listings, duration absent_for);

} // namespace berth::scheduler
