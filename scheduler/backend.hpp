// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"
#include "scheduler/job.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace berth::scheduler {

struct batch_settings;

// Names a job to a back end. `job_name` guards against an id that the scheduler has given to another job since.
struct job_ref {
    std::string job_id, job_name, user;
    secret credential; // where the cluster wants one
};

// One thing that `berth check` found out about a cluster.
struct finding {
    bool good = true;
    std::string what;   // "slurmctld at login1:6817 answers"
    std::string remedy; // what to do when it is not good
};

// A place where jobs run. One per [cluster.NAME]; made in daemon/main, used from the hub thread, outlives its users.
// Every call ends within a deadline of its own. The code of a failure tells what is known:
//   unavailable       nothing has happened: the scheduler could not be asked. Safe to try again.
//   outcome_unknown   it may have been done. Look (list) before trying again.
//   invalid_argument, denied, limit_exceeded, not_found: the scheduler's refusal, final, in its own words.
class backend {
  public:
    virtual ~backend() = default;

    virtual boost::asio::awaitable<result<submitted>> submit(job_spec spec) = 0;

    // All jobs of this hub (their names begin with the hub's prefix) that the scheduler still knows, ended ones
    // included as long as it remembers them. A value is a complete and healthy listing; anything else is a failure.
    // Where only some owners' jobs could be asked for, the others' stand in it with phase `unknown`.
    // `interested`: jobs whose end is not yet known; the back end may ask the accounting for those that are absent.
    virtual boost::asio::awaitable<result<std::vector<job_status>>> list(std::vector<job_ref> interested) = 0;

    // Success when the job is over or gone, or will be: cancelling twice, or what has ended, is a success.
    virtual boost::asio::awaitable<result<void>> cancel(job_ref job) = 0;

    // The last `max_bytes` of what the job wrote; "" when there is nothing (yet).
    virtual boost::asio::awaitable<result<std::string>> log_tail(job_ref job, std::size_t max_bytes) = 0;

    virtual boost::asio::awaitable<std::vector<finding>> check() = 0;

    // For what is submitted from now on. A back end without batch scripts has nothing to change.
    virtual void change(const batch_settings&) {}

    // The kind, for pages and logs: "slurm", "local".
    virtual std::string kind() const = 0;
};

} // namespace berth::scheduler
