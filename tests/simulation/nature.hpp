// SPDX-License-Identifier: BSD-3-Clause
// What all parts of one simulated world share: chance, time, how bad the weather is, and what went wrong.
#pragma once

#include "daemon/runtime/result.hpp"
#include "tests/simulation/timeline.hpp"

#include <functional>
#include <string>
#include <vector>

namespace berth::simulation {

// How likely each mishap is, in percent of the calls. All zero: everything works.
struct weather {
    int lost_requests = 0;  // never arrives; the caller learns nothing until its deadline
    int lost_answers = 0;   // done, but the caller does not learn it
    int late = 0;           // done after the caller's deadline
    int not_taken = 0;      // refused before anything was done
    int slow = 0;           // seconds instead of milliseconds
    int idle_cancels = 0;   // a cancel that says it will and does not
    int refusals = 0;       // of submits, by the scheduler's rules
    int bad_starts = 0;     // preparations that fail
    int bad_jobs = 0;       // jobs that end by themselves before long
    int deaf_servers = 0;   // jobs whose server never listens
    int door_faults = 0;    // routes that are not told
    int probe_faults = 0;   // probes that fail though the server listens
    int double_reports = 0; // callbacks that come again, later
    bool stale = false;     // listings show what was so some seconds ago
};

struct nature {
    nature(std::uint64_t seed, bool tracing) : chance(seed), time(tracing) {}
    dice chance;
    timeline time;
    weather sky;
    std::vector<std::string> violations;
    void broken(std::string what) {
        time.tell([&] { return "VIOLATED: " + what; });
        violations.push_back(std::move(what));
    }
};

} // namespace berth::simulation
