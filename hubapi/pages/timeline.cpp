// SPDX-License-Identifier: BSD-3-Clause
// The stations of a start and how long each took, from the progress that the spawner has noted.
#include "hubapi/pages/words.hpp"

#include "daemon/runtime/time_text.hpp"
#include "scheduler/script/options.hpp"
#include "scheduler/spawner/progress_text.hpp"

namespace berth::pages {

using scheduler::phase;
using scheduler::stage;

namespace {

enum station { requested, credential, submitted, queued, node, starting, ready, stations };

station under_way(phase p) {
    switch (p) {
    case phase::preparing: return credential;
    case phase::submitting: return submitted;
    case phase::queued: return queued;
    case phase::launching: return starting;
    case phase::ready: return stations;
    default: return requested;
    }
}

// When the start had got that far; nothing while it has not.
std::optional<time_point> reached(const scheduler::server& s, stage where) {
    for (const auto& e : s.progress)
        if (e.percent >= static_cast<int>(where)) return e.at;
    return std::nullopt;
}

// When a station begins: at the end of the one before.
std::optional<time_point> began(const scheduler::server& s, int at) {
    switch (at) {
    case credential: return s.started;
    case submitted: return reached(s, stage::prepared);
    case queued: return reached(s, stage::submitted);
    case starting: return reached(s, stage::running);
    case ready: return s.ready_at;
    default: return std::nullopt;
    }
}

void tell(timeline_step& step, int at, const scheduler::server& s, const surroundings& about) {
    const bool to_come = step.state == "todo";
    switch (at) {
    case requested:
        step.note = "at";
        step.at = moment_of(s.started, about.now);
        break;
    case submitted: step.detail = to_come ? "" : job_words(about, s); break;
    case queued:
        if (step.state != "now" || !s.job) break;
        step.detail = reason_line(scheduler_name(about, s.cluster), *s.job);
        if (s.job->never_starts)
            step.detail += ". It will not start like this: cancel it and change the options.";
        step.note = "Expected to start";
        step.at = moment_of(s.job->expected_start, about.now);
        break;
    case node: step.detail = to_come || !s.job ? "" : s.job->node; break;
    case starting: step.detail = step.state == "now" ? "Waiting for the server to answer" : ""; break;
    default: break;
    }
}

std::string headline(const scheduler::server& s) {
    switch (s.state) {
    case phase::preparing: return "Preparing";
    case phase::submitting: return "Asking for a place";
    case phase::queued: return "Waiting in the queue";
    case phase::launching: return s.job && !s.job->node.empty() ? "Starting on " + s.job->node : "Starting";
    case phase::stopping: return "Stopping";
    default: return "Ready";
    }
}

} // namespace

std::vector<timeline_step> timeline(const scheduler::server& s, const surroundings& about) {
    static constexpr const char* labels[stations] = {"Requested", "Credential", "Submitted", "Queued",
                                                     "Node",      "Starting",   "Ready"};
    const auto now = under_way(s.state);
    std::vector<timeline_step> steps(stations);
    for (int i = 0; i < stations; ++i) {
        auto& step = steps[static_cast<std::size_t>(i)];
        step.label = labels[i];
        step.state = i < now ? "done" : i == now ? "now" : "todo";
        const auto from = began(s, i),
                   to = i == now ? about.now : began(s, i == queued ? int(starting) : i + 1);
        if (from && i <= now && i != ready) {
            if (to && *to >= *from) step.elapsed = elapsed_words(*to - *from);
            if (i == now) step.since_iso = iso8601(*from);
        }
        tell(step, i, s, about);
    }
    return steps;
}

pending_view pending_of(const scheduler::server& s, const surroundings& about) {
    pending_view v;
    v.server_title = server_title(s.key.name, s.display_name);
    const auto words = scheduler::in_words(s.fields);
    if (!words.empty()) v.server_title += " · " + words;
    v.state = chip_of(s);
    v.headline = headline(s);
    v.live = v.headline;
    if (s.state == phase::queued && s.job)
        if (const auto why = reason_line(scheduler_name(about, s.cluster), *s.job); !why.empty())
            v.live += ": " + why;
    v.stopping = s.state == phase::stopping;
    if (!v.stopping) {
        v.steps = timeline(s, about);
        v.cancel_action = action_url(about, "stop", s);
    }
    v.unknown_since = moment_of(s.unknown_since, about.now);
    v.home_url = about.base_url + "hub/home";
    return v;
}

} // namespace berth::pages
