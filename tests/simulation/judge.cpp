// SPDX-License-Identifier: BSD-3-Clause
// What must be so when nothing has troubled the world for a while.
#include "tests/simulation/world.hpp"

#include <fmt/format.h>

namespace berth::simulation {
using scheduler::server;
using scheduler::to_string;

std::string world::unsettled() const {
    if (!hub_ || !hub_->serving()) return "no hub serves";
    for (const auto* s : hub_->servers().all()) {
        if (s->active() && !s->ready())
            return fmt::format("{}/{} is still {}", s->user_name, s->key.name, to_string(s->state));
        if (s->ready() != s->wanted && s->wanted) return s->user_name + " wants a server and has none";
    }
    for (const auto& a : people_.accounts())
        if (auto why = unsettled_account(a); !why.empty())
            return fmt::format("{}/{} {}", a.user, a.key.name, why);
    if (auto why = unsettled_jobs(); !why.empty()) return why;
    return unsettled_routes();
}

std::string world::unsettled_account(const people::account& a) const {
    const auto* s = hub_->servers().find(a.key);
    const auto e = people::expected(a);
    if (!e.known) return "";
    if (e.what == people::wish::remove && s) return "was to be removed and is still there";
    if (e.what == people::wish::stop && s && s->active()) return "was stopped and is active";
    if (e.what != people::wish::start) return "";
    if (!s) return "was started and is not known";
    if (s->ready() || s->failure || e.reason_dismissed) return "";
    for (const auto& j : jobs_.jobs_view())
        if (j.attempt == s->attempt && j.now.state == "COMPLETED" && j.now.exit_code == 0) return "";
    return "was started and is gone without a reason";
}

std::string world::unsettled_jobs() const {
    std::map<std::string, const server*> ready;
    for (const auto* s : hub_->servers().all())
        if (s->ready()) ready[s->job_name] = s;
    std::set<std::string> seen;
    for (const auto& j : jobs_.jobs_view()) {
        if (!j.alive() || j.attempt.empty()) continue;
        const auto at = ready.find(j.now.job_name);
        if (at == ready.end())
            return fmt::format("job {} {} lives and nobody wants it", j.now.job_id, j.now.job_name);
        if (!seen.insert(j.now.job_name).second) return "two jobs bear the name " + j.now.job_name;
        const auto& s = *at->second;
        if (s.job_id != j.now.job_id) return fmt::format("{} is said to be job {}", j.now.job_name, s.job_id);
        if (!j.listening) return fmt::format("{} is ready and does not listen", j.now.job_name);
        if (!j.told_in_vain && target_of(s) != fmt::format("{}:{}", j.now.address, j.port))
            return fmt::format("{} listens elsewhere than {}", j.now.job_name, target_of(s));
    }
    for (const auto& [name, s] : ready)
        if (!seen.contains(name)) return name + " is ready and has no job";
    return "";
}

std::string world::unsettled_routes() const {
    std::map<std::string, std::string> wanted;
    std::set<std::string> attempts;
    for (const auto* s : hub_->servers().all())
        if (s->ready()) {
            wanted[s->url_path] = target_of(*s);
            attempts.insert(s->attempt);
        }
    if (wanted != door_.routes)
        return fmt::format("{} routes for {} servers, or wrong ones", door_.routes.size(), wanted.size());
    if (attempts != tokens_.live)
        return fmt::format("{} tokens for {} servers", tokens_.live.size(), attempts.size());
    return "";
}

// Twice in a row, with time between: what comes late must not disturb it either.
bool world::comes_to_rest(duration at_most) {
    const auto end = n_.time.now() + at_most;
    std::string why = "?";
    for (int good = 0; n_.time.now() < end && n_.violations.empty();) {
        pass(good == 0 ? seconds(4) : seconds(12));
        why = unsettled();
        good = why.empty() ? good + 1 : 0;
        if (good == 2) {
            for (const auto* s : hub_->servers().all()) out_.ready += s->ready();
            return true;
        }
    }
    if (n_.violations.empty()) n_.broken("never comes to rest: " + why);
    return false;
}

} // namespace berth::simulation
