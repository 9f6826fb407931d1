// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"
#include "scheduler/slurm/agent/verbs.hpp"

#include <string>

namespace berth::slurm_agent {

// The slurm.conf that libslurm will read. unavailable when there is none: libslurm would look for it for a
// minute and then end the process.
result<std::string> find_conf(const settings& s);

// Makes libslurm ready in this process and asks whether a slurmctld answers, which a dead one does in
// milliseconds where any other call takes as long as its time-outs allow. Nothing has been sent when it
// fails: unavailable, or unauthenticated when slurmctld does not accept the token. Its errors go nowhere but
// into failures: libslurm's standard error is silenced.
result<void> open_session(const settings& s);

// The same, first tried in a child process, for requests that change something: when munge hangs (minutes),
// or libslurm ends its process over slurm.conf, it is known that nothing was sent. In libslurm's own words.
result<void> open_session_rehearsed(const settings& s);

// Acts with the user's token from now on instead of with this process's uid. Before open_session.
void use_token(const std::string& jwt);

} // namespace berth::slurm_agent
