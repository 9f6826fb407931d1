// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/pages/words.hpp"

#include "daemon/runtime/time_text.hpp"
#include "hubapi/model/urls.hpp"
#include "scheduler/script/options.hpp"
#include "scheduler/spawner/progress_text.hpp"
#include "scheduler/spawner/reason_text.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>

namespace berth::pages {

using scheduler::phase;

namespace {

std::string capital(std::string text) {
    if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text;
}

std::string joined(std::initializer_list<std::string> parts) {
    std::string out;
    for (const auto& p : parts) {
        if (p.empty()) continue;
        if (!out.empty()) out += " · ";
        out += p;
    }
    return out;
}

std::string profile_title(const surroundings& about, const std::string& name) {
    const auto found = about.profile_titles.find(name);
    return found == about.profile_titles.end() ? name : found->second;
}

std::string exit_words(const scheduler::spawn_failure& f) {
    std::string out;
    if (f.exit_code) out = fmt::format("exit code {}", *f.exit_code);
    if (f.signal && *f.signal != 0) out += fmt::format("{}signal {}", out.empty() ? "" : ", ", *f.signal);
    return out;
}

std::string never_starts_words(const scheduler::job_status& job) {
    return job.never_starts ? " It will not start like this: cancel it and change the options." : "";
}

void describe_active(server_card& c, const scheduler::server& s, const surroundings& about) {
    const auto name = scheduler_name(about, s.cluster);
    const auto where = s.job ? s.job->node : std::string();
    switch (s.state) {
    case phase::queued:
        c.sentence = s.job ? reason_line(name, *s.job) : std::string();
        if (c.sentence.empty()) c.sentence = "Waiting in the queue";
        if (s.job) c.reason = never_starts_words(*s.job);
        if (s.job && s.job->expected_start) {
            c.time_label = "Expected to start";
            c.time = moment_of(s.job->expected_start, about.now);
        }
        break;
    case phase::ready:
    case phase::launching:
        c.sentence = joined({where.empty() ? "" : "On " + where, scheduler::in_words(s.fields)});
        if (s.job && s.job->ends_at) {
            c.time_label = "Ends";
            c.time = moment_of(s.job->ends_at, about.now);
            if (*s.job->ends_at > about.now) c.left = elapsed_words(*s.job->ends_at - about.now) + " left";
        }
        break;
    case phase::stopping: c.sentence = name + " has been asked to end it"; break;
    default: c.sentence = "Your request is on its way to " + name; break;
    }
    c.facts = joined({job_words(about, s), profile_title(about, s.profile)});
    c.unknown_since = moment_of(s.unknown_since, about.now);
}

void offer_active(server_card& c, const scheduler::server& s, const surroundings& about) {
    const bool stopping = s.state == phase::stopping;
    if (s.ready())
        c.open_url = s.url_path;
    else if (!stopping)
        c.progress_url = hub::spawn_pending_path(about.base_url, s.user_name, s.key.name);
    if (s.ready())
        c.stop_action = action_url(about, "stop", s);
    else if (!stopping)
        c.cancel_action = action_url(about, "stop", s);
    c.busy = !s.ready() || s.unknown_since.has_value();
}

void offer_stopped(server_card& c, const scheduler::server& s, const surroundings& about) {
    const auto spawn = hub::spawn_path(about.base_url, s.user_name, s.key.name);
    c.start_label = s.failure ? "Start again" : "Start";
    if (about.implicit_spawn)
        c.start_url = spawn;
    else
        c.start_action = action_url(about, "start", s);
    if (!about.implicit_spawn) c.change_url = spawn;
    if (s.failure) {
        c.report_url = hub::spawn_pending_path(about.base_url, s.user_name, s.key.name);
        c.dismiss_action = action_url(about, "dismiss", s);
    }
    if (!s.key.name.empty()) c.delete_url = action_url(about, "delete", s);
}

} // namespace

moment moment_of(const std::optional<time_point>& t, time_point now) {
    if (!t) return {};
    const auto iso = iso8601(*t);
    const bool today = iso.substr(0, 10) == iso8601(now).substr(0, 10);
    return {(today ? "" : iso.substr(0, 10) + " ") + iso.substr(11, 5) + " UTC", iso.substr(0, 19) + "Z"};
}

std::string elapsed_words(duration d) {
    const auto s = std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(d).count());
    if (s >= 86400) return fmt::format("{} d {} h", s / 86400, s % 86400 / 3600);
    if (s >= 3600) return fmt::format("{} h {} min", s / 3600, s % 3600 / 60);
    return s >= 60 ? fmt::format("{} min {} s", s / 60, s % 60) : fmt::format("{} s", s);
}

std::string server_title(std::string_view name, std::string_view display_name) {
    if (!display_name.empty()) return std::string(display_name);
    return name.empty() ? "Default server" : std::string(name);
}

chip chip_of(const scheduler::server& s) {
    if (s.active() && s.unknown_since) return {"unknown", "State unknown"};
    switch (s.state) {
    case phase::preparing: return {"starting", "Preparing"};
    case phase::submitting: return {"starting", "Submitting"};
    case phase::queued: return {"queued", "Queued"};
    case phase::launching: return {"starting", "Starting"};
    case phase::ready: return {"running", "Running"};
    case phase::stopping: return {"stopping", "Stopping"};
    case phase::stopped: break;
    }
    if (!s.failure) return {"stopped", "Stopped"};
    return {"failed", s.failure->was_ready ? "Ended" : "Failed"};
}

std::string scheduler_name(const surroundings& about, const std::string& cluster) {
    const auto found = about.cluster_kind.find(cluster);
    return found == about.cluster_kind.end() ? "the cluster" : scheduler::kind_in_words(found->second);
}

std::string reason_line(const std::string& scheduler, const scheduler::job_status& job) {
    if (job.reason.empty() || job.reason == "None") return "";
    const auto words = scheduler::reason_in_words(job.reason);
    if (words.empty()) return scheduler + ": " + job.reason;
    return capital(fmt::format("{} ({}: {})", words, scheduler, job.reason));
}

std::string job_words(const surroundings& about, const scheduler::server& s) {
    if (s.job_id.empty()) return "";
    const auto found = about.cluster_kind.find(s.cluster);
    if (found != about.cluster_kind.end() && found->second == "local") return "Process " + s.job_id;
    return scheduler_name(about, s.cluster) + " job " + s.job_id;
}

std::string scheduler_words(const scheduler::spawn_failure& f) {
    if (f.reason.empty() || f.reason == "None" || f.reason == f.state) return f.state;
    return f.state.empty() ? f.reason : fmt::format("{} ({})", f.state, f.reason);
}

std::string action_url(const surroundings& about, std::string_view verb, const scheduler::server& s) {
    auto url = fmt::format("{}hub/{}/{}", about.base_url, verb, hub::escape_name(s.user_name));
    return s.key.name.empty() ? url : url + "/" + hub::escape_name(s.key.name);
}

server_card card_of(const scheduler::server& s, const surroundings& about) {
    server_card c;
    c.id = s.key.name.empty() ? "default" : "s-" + s.key.name;
    c.title = server_title(s.key.name, s.display_name);
    c.state = chip_of(s);
    if (s.active()) {
        describe_active(c, s, about);
        offer_active(c, s, about);
        return c;
    }
    offer_stopped(c, s, about);
    const auto resources = scheduler::in_words(s.fields);
    if (!s.failure) {
        c.facts = joined({profile_title(about, s.profile), resources});
        return c;
    }
    c.sentence = s.failure->sentence;
    const auto words = scheduler_words(*s.failure);
    c.facts = joined({words.empty() ? "" : capital(scheduler_name(about, s.cluster)) + ": " + words,
                      exit_words(*s.failure), profile_title(about, s.profile), resources});
    c.log_tail = s.failure->log_tail;
    c.time_label = "Since";
    c.time = moment_of(s.failure->at, about.now);
    return c;
}

server_card card_of_nothing(const std::string& user, const surroundings& about) {
    scheduler::server s;
    s.user_name = user;
    auto c = card_of(s, about);
    c.sentence = "Not started yet";
    c.start_action.clear();
    c.change_url.clear();
    c.start_url = hub::spawn_path(about.base_url, user, "");
    return c;
}

std::string summary(const std::vector<server_card>& cards) {
    if (cards.size() == 1) return cards.front().state.text;
    struct kind {
        std::string_view name, word;
    };
    static constexpr std::array<kind, 5> kinds{{{"running", "running"},
                                                {"starting", "starting"},
                                                {"queued", "queued"},
                                                {"unknown", "unknown"},
                                                {"failed", "ended"}}};
    std::string out;
    for (const auto& k : kinds) {
        const auto n =
            std::count_if(cards.begin(), cards.end(), [&](const auto& c) { return c.state.kind == k.name; });
        if (n) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", n, k.word);
    }
    return out;
}

failed_view failed_of(const scheduler::server& s, const surroundings& about, const std::string& request_id) {
    const auto& f = *s.failure;
    failed_view v;
    v.headline = f.was_ready ? "The server ended" : "The server did not start";
    v.server_title = server_title(s.key.name, s.display_name);
    v.sentence = f.sentence;
    v.scheduler_words = scheduler_words(f);
    if (f.exit_code) v.exit_code = std::to_string(*f.exit_code);
    if (f.signal && *f.signal != 0) v.signal = std::to_string(*f.signal);
    v.job_id = s.job_id.empty() ? "" : s.job_id + (s.cluster.empty() ? "" : " on " + s.cluster);
    v.profile = joined({profile_title(about, s.profile), scheduler::in_words(s.fields)});
    v.at = moment_of(f.at, about.now);
    v.log_tail = f.log_tail;
    v.again_action = action_url(about, "start", s);
    v.change_url = hub::spawn_path(about.base_url, s.user_name, s.key.name);
    v.dismiss_action = action_url(about, "dismiss", s);
    const auto line = [&](std::string_view what, const std::string& value) {
        if (!value.empty()) v.report += fmt::format("{:<14}{}\n", what, value);
    };
    line("Server", hub::full_name(s.user_name, s.key.name));
    line("What happened", f.sentence);
    line("Scheduler", v.scheduler_words);
    line("Exit code", v.exit_code);
    line("Signal", v.signal);
    line("Job", v.job_id);
    line("Job name", s.job_name);
    line("Node", s.job ? s.job->node : "");
    line("Profile", v.profile);
    line("Requested", s.started ? iso8601(*s.started) : "");
    line("Ended", iso8601(f.at));
    line("Request", request_id);
    return v;
}

} // namespace berth::pages
