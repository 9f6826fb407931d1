// SPDX-License-Identifier: BSD-3-Clause
// The life of one notebook server as a table: step x event -> step, actions. Pure: no clock, no socket, no
// memory. The driver (driver.hpp) feeds it events and carries out what it asks; docs/server-life.md is drawn
// from it.
#pragma once

#include "scheduler/spawner/server.hpp"

#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace berth::scheduler {

// Where a server is, finer than `phase`. The names are stored: never rename one.
enum class server_step {
    stopped,
    preparing,       // environment and credential are being made; no job can exist
    submitting,      // the intent is durable and the submit is under way
    resubmitting,    // the scheduler could not be asked, nothing has happened: again after a while
    locating,        // the submit's outcome is unknown: the job is looked for by its name
    queued,          // the job exists and does not run
    launching,       // the job runs, its server does not answer yet
    ready,           // the server answers and its route is in place
    stop_preparing,  // stop asked; waits for the preparation to end so that it can be undone
    stop_submitting, // stop asked; waits for the submit's answer
    stop_locating,   // stop asked; whether there is a job is not known
    cancelling,      // the job is cancelled again and again until the scheduler says that it is over
    finishing,       // no job any more: log, token and route are tidied up
};

enum class server_event {
    start_wanted,
    stop_wanted,
    prepared,
    prepare_failed,
    prepare_delayed, // not possible now: the identity provider does not answer
    submit_accepted,
    submit_refused,   // finally, in the scheduler's words
    submit_not_taken, // nothing has happened
    submit_unknown,   // it may have happened
    retry_due,
    job_queued, // the four job_* below: as a complete, healthy listing shows the job of this attempt
    job_running,
    job_moved, // running, but started anew since it was last seen: another node, or a restart
    job_over,
    job_stuck,        // queued for a reason that waiting will not cure
    job_absent,       // confirmed: absent from several healthy listings spread over time
    address_reported, // the server's own word of where it listens, and it is news
    probe_answered,
    route_added,
    queue_timeout,
    launch_timeout,
    finished,
    restarted, // the hub has come back with this record
};

enum class server_action {
    begin_attempt, // fresh attempt id, old failure and progress dropped
    renew_attempt, // retire the old attempt, take a fresh id; the start goes on
    fail,          // keep the reason for people
    persist,       // make the record durable; what follows waits for it
    prepare,
    submit,
    retry_later, // `retry_due` after a pause that grows
    look_up,     // ask for a listing now
    cancel,      // until the step is left
    probe,       // until it answers, once an address is known
    forget_address,
    add_route,    // until done
    remove_route, // until done
    fetch_log,
    retire,   // token and OAuth client of the attempt go
    conclude, // `finished`
};

struct transition {
    server_step from;
    server_event on;
    server_step to;
    std::vector<server_action> actions;
};

// Every transition; a pair of step and event without a row means nothing and changes nothing.
std::span<const transition> server_life();
// The row of a pair, or null.
const transition* find_transition(server_step from, server_event on);

// What users see of a step.
phase phase_of(server_step s);
// Whether a job of this attempt may exist.
bool may_have_job(server_step s);

std::string_view to_string(server_step s);
std::string_view to_string(server_event e);
std::string_view to_string(server_action a);
std::optional<server_step> step_from(std::string_view name);
std::ostream& operator<<(std::ostream& out, server_step s);
std::ostream& operator<<(std::ostream& out, server_event e);
std::ostream& operator<<(std::ostream& out, server_action a);

// The table as docs/server-life.md holds it: a Mermaid diagram and the rows. A test keeps the file in step.
std::string draw_server_life();

} // namespace berth::scheduler
