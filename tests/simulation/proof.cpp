// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/proof.hpp"

#include <fmt/format.h>

namespace berth::simulation {
namespace {

constexpr duration time_to_be_seen = seconds(20); // an address that was told, and probes that are answered

const job* job_of(const outside& o, const std::string& attempt, bool alive) {
    for (const auto& j : o.jobs.jobs())
        if (j.attempt == attempt && j.alive() == alive) return &j;
    return nullptr;
}

const scheduler::server* server_of(const scheduler::spawner* servers, const std::string& attempt) {
    for (const auto* s : servers->all())
        if (s->attempt == attempt) return s;
    return nullptr;
}

bool says(const claim& c, std::string_view words) { return c.sentence.find(words) != std::string::npos; }

// Of claims that are about the hub's patience.
std::string impatience(const claim& c, const outside& o, const scheduler::spawner* servers) {
    const auto* s = server_of(servers, c.attempt);
    const auto now = o.n.time.now();
    if (says(c, "did not take the job within") || says(c, "waited in the queue for longer"))
        return s && s->started && now - *s->started >= o.settings.queue_timeout ? "" : "too early";
    const auto* j = job_of(o, c.attempt, true);
    if (j && j->now.started &&
        now - *j->now.started - o.jobs.away_since(*j->now.started) < o.settings.launch_timeout)
        return "too early: the controller was away";
    if (!j || !j->listening || !j->reported) return "";
    return now - *j->reported < time_to_be_seen ? "" : "its server has been listening";
}

} // namespace

std::string refuted(const claim& c, const outside& o, const scheduler::spawner* servers) {
    std::string wrong;
    const bool lives = job_of(o, c.attempt, true) != nullptr;
    if (says(c, "The scheduler refused the job"))
        wrong = o.jobs.refused.contains(c.attempt) ? "" : "it was not refused";
    else if (says(c, "There is no credential"))
        wrong = o.tokens.failed.contains(c.attempt) ? "" : "the preparation did not fail";
    else if (says(c, "would never start"))
        wrong = "";
    else if (says(c, "did not take the job within") || says(c, "waited in the queue") ||
             says(c, "without the server telling") || says(c, "did not answer at"))
        wrong = impatience(c, o, servers);
    else if (says(c, "does not know the job any more"))
        wrong = lives ? "its job lives" : "";
    else
        wrong = lives ? "its job lives" : job_of(o, c.attempt, false) ? "" : "it never had a job";
    return wrong.empty() ? "" : fmt::format("attempt {}: \"{}\", but {}", c.attempt, c.sentence, wrong);
}

} // namespace berth::simulation
