// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/watch.hpp"

#include <algorithm>

namespace berth::scheduler {

const job_status* pick_job(std::span<const job_status* const> same_name, const std::string& job_id) {
    const job_status* best = nullptr;
    for (const auto* job : same_name) {
        if (!job_id.empty() && job->job_id == job_id) return job;
        if (!best || (best->phase == job_phase::over && job->phase != job_phase::over)) best = job;
    }
    return best;
}

server_event sighting_of(const job_status& now, const std::optional<job_status>& before) {
    switch (now.phase) {
    case job_phase::over: return server_event::job_over;
    case job_phase::queued: return now.never_starts ? server_event::job_stuck : server_event::job_queued;
    case job_phase::unknown: // not asked about
    case job_phase::running: break;
    }
    const bool ran = before && before->phase == job_phase::running && before->job_id == now.job_id;
    const bool moved =
        ran && (before->restarts < now.restarts ||
                (!before->address.empty() && !now.address.empty() && before->address != now.address));
    return moved ? server_event::job_moved : server_event::job_running;
}

bool absence_confirmed(const cluster_settings& settings, int listings, duration absent_for) {
    return listings >= std::max(settings.absent_listings, 1) &&
           absent_for >= std::max(settings.absent_spread, settings.poll_interval * 2);
}

} // namespace berth::scheduler
