// SPDX-License-Identifier: BSD-3-Clause
// The six words of the agent, as JSON. Each runs in a child process of its own with a deadline
// (serve_helper.hpp), so that libslurm may block or end its process. Times are seconds since 1970; keys
// without a value are left out.
//
// hello   {} -> {uid, library, controller, cluster, conf, accounting, min_job_age}
// submit  {job_name, user, script, environment: {NAME: value}, fields: {...}} -> {job_id, warning, log}
//           fields: job_fields by name; memory_mib and runtime_s as integers, options as a list
// list    {last_update} -> {unchanged: true} | {last_update, jobs: [job]}
// list    {ended: [{job_id, job_name, user}]} -> {jobs: [job]}, what the accounting knows; {} where there is
// none
//           job: job_id, job_name, user, phase ("queued", "running", "over"), state, reason, never_starts,
//           expected_start, started, ends_at, ended, node, address, exit_code, signal, restarts
// cancel  {job_id, job_name, user} -> {gone: bool}; without job_id the job is looked for by its name
// nodes   {} -> {partitions: [{name, up, max_runtime_s, nodes, cpus, default}], nodes: {STATE: count}}
// log     {job_name, user, max_bytes} -> {text}
//
// With "credential", a JWT, any of them is asked as that token's user instead of as this process's. Errors
// carry Slurm's own words. `unavailable`: nothing was sent. `unauthenticated`: nothing was done, because
// slurmctld does not accept the credential. `outcome_unknown`: it may have been done.
#pragma once

#include "daemon/runtime/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <sys/types.h>

namespace berth::slurm_agent {

struct settings {
    std::string conf;     // path of slurm.conf; "": $SLURM_CONF, else the system's
    std::string prefix;   // of the names of the jobs that the agent may touch
    uid_t min_uid = 1000; // no job is submitted for a uid below it; 0 never
};

using answer = result<nlohmann::json>;

answer hello(const settings& s, const nlohmann::json& arguments);
answer submit(const settings& s, const nlohmann::json& arguments);
answer list(const settings& s, const nlohmann::json& arguments);
answer ended_jobs(const settings& s, const nlohmann::json& jobs); // `list` with "ended"
answer cancel(const settings& s, const nlohmann::json& arguments);
answer nodes(const settings& s, const nlohmann::json& arguments);
answer log_tail(const settings& s, const nlohmann::json& arguments);

// Any of them by its word; invalid_argument for an unknown word or malformed arguments.
answer handle(const settings& s, const std::string& verb, const nlohmann::json& arguments);

// `name` begins with the prefix and is a plain file name of at most 200 bytes: denied otherwise.
result<void> check_job_name(const settings& s, const std::string& name);

} // namespace berth::slurm_agent
