// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/driver.hpp"

#include "daemon/runtime/time_text.hpp"
#include "scheduler/spawner/calls.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::scheduler {
namespace {
constexpr duration first_retry = std::chrono::seconds(1);
constexpr duration longest_retry = std::chrono::seconds(60);
} // namespace

std::vector<server_action> driver::transit(record& r, server_event on, const ending* why) {
    std::vector<server_action> calls;
    const transition* row = closed ? nullptr : find_transition(r.at, on);
    if (!row) return calls;
    const server_step from = r.at;
    if (row->to != from) enter(r, row->to);
    tell(r, from, on);
    for (auto a : row->actions)
        if (!perform(r, a, why)) calls.push_back(a);
    if (row->to != from) news(r);
    return calls;
}

void driver::apply(record& r, server_event on, const ending* why) { start_calls(r, transit(r, on, why)); }

void driver::start_calls(const record& r, std::vector<server_action> calls) {
    if (calls.empty()) return;
    tasks.spawn("server " + r.s.user_name + "/" + r.s.key.name,
                carry_out(shared_from_this(), r.s.key, r.s.attempt, std::move(calls)));
}

void driver::enter(record& r, server_step to) {
    const phase before = r.s.state;
    r.at = to;
    r.s.state = phase_of(to);
    if (auto* c = cluster_of(r)) {
        c->changed_at = with.time.now();
        r.absent_count = 0;
        r.absent_after = c->listings;
    }
    if (r.s.state != before) {
        // Until there is a job, all steps share the queue's patience, from the start's request on.
        if (r.s.state != phase::preparing && r.s.state != phase::submitting) r.frozen = duration::zero();
        r.s.phase_since = with.time.now();
    }
    if (!may_have_job(to)) r.s.unknown_since.reset(); // nothing is left to be unknown
    if (to == server_step::finishing) r.s.wanted = false;
}

bool driver::perform(record& r, server_action a, const ending* why) {
    switch (a) {
    case server_action::begin_attempt: begin_attempt(r); return true;
    case server_action::fail:
        if (why && !ended_well(*why)) keep_failure(r, *why);
        r.s.wanted = false;
        return true;
    case server_action::look_up:
        if (auto* c = cluster_of(r)) c->bell->ring();
        return true;
    case server_action::probe:
        if (r.probing || r.answered || r.s.port == 0 || r.s.host.empty()) return true;
        r.probing = true;
        note(r, stage::starting, "The server is starting");
        tasks.spawn("probe " + r.s.url_path, probe_until_ready(shared_from_this(), r.s.key, r.s.attempt));
        return true;
    case server_action::forget_address: forget_address(r); return true;
    case server_action::add_route: routes->want(r.s); return true;
    case server_action::remove_route: routes->drop(r.s); return true;
    case server_action::retry_later: {
        const auto pause =
            std::min<duration>(first_retry * (1 << std::min(r.submit_tries, 6)), longest_retry);
        ++r.submit_tries;
        tasks.spawn("retry " + r.s.url_path, retry_submit(shared_from_this(), r.s.key, r.s.attempt, pause));
        return true;
    }
    case server_action::renew_attempt:
    case server_action::persist:
    case server_action::prepare:
    case server_action::submit:
    case server_action::cancel:
    case server_action::fetch_log:
    case server_action::retire:
    case server_action::conclude: return false;
    }
    return true;
}

void driver::begin_attempt(record& r) {
    r.s.attempt = fresh_attempt();
    r.s.job_name = "berth-" + with.hub_id + "-" + r.s.attempt;
    r.s.job_id.clear();
    r.s.job.reset();
    r.s.host.clear();
    r.s.port = 0;
    r.s.unknown_since.reset();
    r.s.ready_at.reset();
    r.s.started = with.time.now();
    r.s.wanted = true;
    r.s.failure.reset();
    r.s.progress.clear();
    r.s.caveat.clear();
    r.reported_host.clear();
    r.frozen = duration::zero();
    r.start_told = false;
    r.stop_asked.reset();
    r.launch.reset();
    r.credential = secret();
    r.credential_known = false;
    r.submit_tries = 0;
    r.probing = r.answered = r.cancelling = false;
    r.probe_words.clear();
    note(r, stage::requested, "Server requested");
}

// A job that was started anew tells its address once, and often before a listing shows that it was: what it
// told since the former run was last seen, or shortly before, is kept. The probe finds out whose it was, and
// a later word replaces it.
void driver::forget_address(record& r) {
    const auto* c = cluster_of(r);
    if (!c || r.address_told + c->where.settings.absent_spread < r.shown_running) {
        r.s.port = 0;
        r.reported_host.clear();
    } else if (!r.s.job || (r.reported_host != r.s.job->node && r.reported_host != r.s.job->address)) {
        r.reported_host.clear();
    }
    r.s.host.clear();
    r.answered = false;
    r.s.ready_at.reset();
    // The new run has all the time that a run has, also when the step is the same.
    r.s.phase_since = with.time.now();
    r.frozen = duration::zero();
}

void driver::keep_failure(record& r, const ending& e) {
    spawn_failure f;
    f.sentence = failure_sentence(e);
    if (e.job) {
        f.state = e.job->state;
        f.reason = e.job->reason;
        f.exit_code = e.job->exit_code;
        f.signal = e.job->signal;
    }
    if (f.reason.empty()) f.reason = e.words;
    f.at = with.time.now();
    f.refused = e.cause == ending_cause::refused;
    f.was_ready = e.was_ready;
    with.log.warning("spawn.failed", {{"user", r.s.user_name},
                                      {"server", r.s.key.name},
                                      {"job", r.s.job_id},
                                      {"attempt", r.s.attempt},
                                      {"was_ready", f.was_ready},
                                      {"why", f.sentence}});
    r.s.failure = std::move(f);
    finish_start(r, false);
}

void driver::finish_start(record& r, bool success) {
    if (std::exchange(r.start_told, true) || !with.observer || !r.s.started) return;
    with.observer->spawn_finished(r.s.cluster, success, with.time.now() - *r.s.started);
}

ending driver::describe(const record& r, ending_cause cause, std::string words) const {
    ending e;
    e.cause = cause;
    e.words = std::move(words);
    e.job = r.s.job;
    e.was_ready = r.s.ready_at.has_value();
    e.submitted = !r.s.job_id.empty();
    if (!e.job && e.submitted) e.job.emplace().job_id = r.s.job_id;
    e.host = r.s.host;
    e.port = r.s.port;
    if (auto at = clusters.find(r.s.cluster); at != clusters.end()) {
        if (cause == ending_cause::queue_timeout) e.limit = at->second.where.settings.queue_timeout;
        if (cause == ending_cause::launch_timeout) e.limit = at->second.where.settings.launch_timeout;
    }
    return e;
}

void driver::note(record& r, stage where, std::string message) {
    if (add_progress(r.s, with.time.now(), where, std::move(message))) news(r);
}

namespace {

// The log line of a step that has been entered, or "".
std::string_view line_of(server_step from, server_step to) {
    if (from == to) return "";
    switch (to) {
    case server_step::queued:
        return from == server_step::launching || from == server_step::ready ? "spawn.requeued"
                                                                            : "spawn.submitted";
    case server_step::resubmitting: return "spawn.retried";
    case server_step::locating: return "spawn.locating";
    case server_step::launching: return "spawn.running";
    case server_step::ready: return "spawn.ready";
    case server_step::stopped: return "stop.done";
    default: return "";
    }
}

} // namespace

void driver::tell(record& r, server_step from, server_event on) {
    const server_step to = r.at;
    auto* c = cluster_of(r);
    const std::string where = kind_in_words(c ? c->where.where->kind() : "");
    if (to == server_step::queued && from == server_step::submitting) {
        note(r, stage::submitted, fmt::format("Submitted to {} as job {}", where, r.s.job_id));
    } else if (to == server_step::queued && (from == server_step::launching || from == server_step::ready)) {
        note(r, stage::queued, "The scheduler put the job back into the queue");
    } else if (on == server_event::job_moved) {
        note(r, stage::running,
             fmt::format("The scheduler started the job again on {}", r.s.job ? r.s.job->node : ""));
    } else if (to == server_step::launching && from != to) {
        note(r, stage::running,
             r.s.job && !r.s.job->node.empty() ? "Running on " + r.s.job->node : "Running");
    } else if (to == server_step::resubmitting && on == server_event::submit_not_taken) {
        note(r, stage::prepared, where + " cannot be asked now; the start is tried again");
    } else if (to == server_step::locating && from != to) {
        note(r, stage::prepared, where + " did not say whether it took the job; looking for it");
    } else if (to == server_step::ready && from != to) {
        r.s.ready_at = with.time.now();
        note(r, stage::ready, "Server ready at " + r.s.url_path);
        finish_start(r, true);
    } else if (to == server_step::stopped && r.stop_asked && with.observer) {
        with.observer->stop_finished(r.s.cluster, with.time.now() - *r.stop_asked);
    }
    if (auto event = line_of(from, to); !event.empty())
        with.log.info(event, {{"user", r.s.user_name},
                              {"server", r.s.key.name},
                              {"job", r.s.job_id},
                              {"attempt", r.s.attempt}});
}

} // namespace berth::scheduler
