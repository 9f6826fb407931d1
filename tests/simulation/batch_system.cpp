// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/batch_system.hpp"

#include <fmt/format.h>

namespace berth::simulation {
using scheduler::job_phase;
namespace {

constexpr std::string_view prefix = "berth-hub1-";
constexpr duration min_job_age = seconds(40);
constexpr duration state_saved_every = seconds(5);

} // namespace

std::string batch_system::attempt_of(const std::string& job_name) {
    return job_name.starts_with(prefix) ? job_name.substr(prefix.size()) : "";
}

template<class F>
void batch_system::change(job& j, F how) {
    how(j.now);
    j.history.emplace_back(n_.time.now(), j.now);
    n_.time.tell([&] {
        return fmt::format("job {} {} is {} {}", j.now.job_id, j.now.job_name, j.now.state, j.now.node);
    });
}

job& batch_system::add(const std::string& name, const std::string& user) {
    auto& j = jobs_.emplace_back();
    j.attempt = attempt_of(name);
    j.now.job_id = std::to_string(next_id_++);
    j.now.job_name = name;
    j.now.user = user;
    change(j, [](auto& s) { s.state = "PENDING"; });
    return j;
}

result<scheduler::submitted> batch_system::submit(const scheduler::job_spec& spec) {
    const auto attempt = attempt_of(spec.job_name);
    for (const auto& other : jobs_)
        if (other.now.job_name == spec.job_name) n_.broken("attempt " + attempt + " was submitted twice");
    if (n_.chance.chance(n_.sky.refusals)) {
        refused.insert(attempt);
        return fail(errc::invalid_argument, "invalid partition specified");
    }
    auto& j = add(spec.job_name, spec.user);
    if (n_.chance.chance(n_.sky.refusals / 2)) {
        change(j, [](auto& s) {
            s.never_starts = true;
            s.reason = "PartitionTimeLimit";
        });
    } else if (local_) {
        start(j);
    } else {
        const auto longest = n_.chance.chance(20) ? seconds(60) : seconds(5);
        n_.time.in(n_.chance.between(milliseconds(300), longest), [this, &j] { try_to_start(j); });
    }
    return scheduler::submitted{j.now.job_id, ""};
}

void batch_system::try_to_start(job& j) {
    if (!j.alive() || j.now.phase != job_phase::queued || j.now.never_starts) return;
    if (state_ == controller::up) return start(j);
    n_.time.in(seconds(1), [this, &j] { try_to_start(j); });
}

void batch_system::start(job& j) {
    const int node = 1 + n_.chance.below(3);
    j.port = next_port_++;
    const int run = ++j.run;
    j.told_hub = j.told_in_vain = false;
    j.reported.reset();
    change(j, [&](auto& s) {
        s.phase = job_phase::running;
        s.state = local_ ? "running" : "RUNNING";
        s.node = local_ ? "localhost" : fmt::format("node{}", node);
        s.address = local_ ? "127.0.0.1" : fmt::format("10.0.0.{}", node);
        if (local_) s.port = j.port;
        s.started = n_.time.now();
    });
    if (n_.chance.chance(n_.sky.bad_jobs))
        n_.time.in(n_.chance.between(milliseconds(100), seconds(30)), [this, &j, run] {
            if (j.run == run) end(j, n_.chance.chance(50) ? "FAILED" : "COMPLETED", n_.chance.below(2));
        });
    if (n_.chance.chance(n_.sky.deaf_servers)) return;
    n_.time.in(n_.chance.between(milliseconds(50), seconds(4)), [this, &j, run] {
        if (!j.alive() || j.run != run || j.now.phase != job_phase::running) return;
        j.listening = true;
        listens(j);
    });
}

void batch_system::end(job& j, const std::string& state, std::optional<int> exit_code) {
    if (!j.alive()) return;
    j.listening = false;
    change(j, [&](auto& s) {
        s.phase = job_phase::over;
        s.state = state;
        s.exit_code = exit_code;
        s.ended = n_.time.now();
    });
    if (!local_) n_.time.in(min_job_age, [&j] { j.known = false; });
}

void batch_system::end_soon(job& j, const std::string& state) {
    if (std::exchange(j.ending, true)) return;
    n_.time.in(n_.chance.between(milliseconds(30), seconds(4)),
               [this, &j, state] { end(j, state, std::nullopt); });
}

void batch_system::requeue(job& j) {
    if (!j.alive() || j.now.phase != job_phase::running || local_) return;
    j.listening = false;
    change(j, [](auto& s) {
        s.phase = job_phase::queued;
        s.state = "PENDING";
        s.node.clear();
        s.address.clear();
        s.started.reset();
        ++s.restarts;
    });
    n_.time.in(n_.chance.between(milliseconds(800), seconds(8)), [this, &j] { try_to_start(j); });
}

void batch_system::cancel(const scheduler::job_ref& ref) {
    if (n_.chance.chance(n_.sky.idle_cancels)) return;
    for (auto& j : jobs_) {
        if (!j.alive() || j.now.job_name != ref.job_name) continue;
        if (ref.job_id.empty() || ref.job_id == j.now.job_id) end_soon(j, "CANCELLED");
    }
}

std::vector<scheduler::job_status> batch_system::listing() {
    const auto age = n_.sky.stale && !local_ ? n_.chance.between(duration(0), seconds(8)) : duration(0);
    last_snapshot_ = std::max(last_snapshot_, n_.time.now() - age);
    std::vector<scheduler::job_status> out;
    for (const auto& j : jobs_) {
        if (!j.known) continue;
        auto at = j.history.rbegin();
        while (at != j.history.rend() && at->first > last_snapshot_) ++at;
        if (at != j.history.rend()) out.push_back(at->second);
    }
    return out;
}

void batch_system::set(controller c) {
    n_.time.tell([&] {
        return fmt::format("the controller is {}", c == controller::up       ? "up"
                                                   : c == controller::frozen ? "frozen"
                                                                             : "away");
    });
    if (state_ == controller::up && c != state_) outages_.emplace_back(n_.time.now(), time_point::max());
    if (c == controller::up && !outages_.empty())
        outages_.back().second = std::min(outages_.back().second, n_.time.now());
    state_ = c;
    if (c == controller::frozen) return;
    auto held = std::move(held_);
    held_.clear();
    // One that is killed loses what it had not read; one that goes on reads it now.
    if (c == controller::up)
        for (auto& what : held)
            n_.time.in(n_.chance.between(milliseconds(1), milliseconds(50)), std::move(what));
}

// An outage that fits between two questions and their answers; what passes of a longer one before the next
// question.
const duration until_asked = seconds(2);
constexpr duration unnoticed = seconds(6);

duration batch_system::away_since(time_point t) const {
    duration out{};
    for (const auto& [from, to] : outages_)
        if (const auto piece = std::min(to, n_.time.now()) - std::max(from, t); piece > unnoticed)
            out += piece - until_asked;
    return out;
}

void batch_system::restart_with_lost_state() {
    if (local_) return;
    n_.time.tell([] { return "the controller comes back without the last jobs"; });
    for (auto& j : jobs_) {
        if (!j.known || j.history.front().first + state_saved_every < n_.time.now()) continue;
        j.known = j.listening = false; // what ran of it is killed on its node
        next_id_ = std::min(next_id_, std::stoi(j.now.job_id));
    }
}

void batch_system::add_stranger() {
    auto& j = add(n_.chance.chance(50) ? "berth-hub2-x" : "sleep", "mallory");
    if (local_) return;
    change(j, [](auto& s) {
        s.phase = job_phase::running;
        s.state = "RUNNING";
        s.node = "node1";
        s.address = "10.0.0.1";
    });
}

job* batch_system::random_living() {
    std::vector<job*> some;
    for (auto& j : jobs_)
        if (j.alive() && !j.attempt.empty()) some.push_back(&j);
    return some.empty() ? nullptr
                        : some[static_cast<std::size_t>(n_.chance.below(static_cast<int>(some.size())))];
}

} // namespace berth::simulation
