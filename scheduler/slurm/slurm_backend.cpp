// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/slurm_backend.hpp"

#include "scheduler/slurm/agent_calls.hpp"
#include "scheduler/slurm/findings.hpp"
#include "scheduler/slurm/job_listing.hpp"
#include "scheduler/slurm/wire.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace berth::scheduler {
namespace asio = boost::asio;
using nlohmann::json;
namespace {

constexpr duration action_deadline = std::chrono::seconds(20), check_deadline = std::chrono::seconds(12),
                   log_deadline = std::chrono::seconds(5), accounting_every = std::chrono::seconds(30),
                   accounting_deadline = std::chrono::seconds(4);
constexpr std::size_t askers_of_accounting = 4; // in one listing

// It is answered, or not, beside what is known of the controller: the breaker does not learn of it.
agent_call aside(std::string verb, json arguments, duration deadline) {
    return {std::move(verb), std::move(arguments), deadline, false};
}

} // namespace

std::vector<std::string> slurm_agent_argv(const std::string& program, const std::string& job_prefix,
                                          const std::string& conf) {
    std::vector<std::string> argv{program, "--prefix", job_prefix};
    if (!conf.empty()) argv.insert(argv.end(), {"--conf", conf});
    return argv;
}

struct slurm_backend::questions {
    questions(helper_process& agent, clock& time, logger& log, const slurm_settings& s)
        : calls(agent, time, s.tokens)
        , by_owners(calls, time, log, s.cluster) {}
    agent_calls calls;
    job_listing everybody;
    owners_listing by_owners;
};

slurm_backend::slurm_backend(helper_process& agent, clock& time, logger& log, slurm_settings settings)
    : time_(time)
    , log_(log)
    , settings_(std::move(settings))
    , ask_(std::make_unique<questions>(agent, time, log, settings_)) {}
slurm_backend::~slurm_backend() = default;

void slurm_backend::change(const batch_settings& next) {
    static_cast<batch_settings&>(settings_) = next;
}

asio::awaitable<result<submitted>> slurm_backend::submit(job_spec spec) {
    auto launch = settings_.launch;
    if (settings_.tokens) // the agent has no rights in the user's home; the job has
        launch.old_logs = "\"$HOME\"/." + settings_.job_prefix;
    const auto script = render(settings_.script, spec, launch);
    if (!script) co_return fail(script.error());
    const auto answer = co_await ask_->calls.as(
        spec.user, {"submit", submit_arguments(spec, *script), action_deadline, true});
    if (!answer.told) co_return fail(answer.told.error());
    auto done = read_submitted(*answer.told);
    if (!done) co_return fail(errc::outcome_unknown, done.error().message);
    co_return done;
}

// Who asks about a job.
std::string slurm_backend::asker_for(const job_ref& job) const {
    return asks_owners() ? job.user : settings_.poll_account;
}

asio::awaitable<result<std::vector<job_status>>>
slurm_backend::list_current(std::vector<job_ref> interested) {
    if (asks_owners()) co_return co_await ask_->by_owners.list(interested);
    const auto got = co_await ask_->everybody.refresh(ask_->calls, time_, settings_.poll_account);
    if (got.wrong) co_return fail(*got.wrong);
    co_return ask_->everybody.jobs();
}

asio::awaitable<result<std::vector<job_status>>> slurm_backend::list(std::vector<job_ref> interested) {
    auto jobs = co_await list_current(interested);
    if (!jobs) co_return jobs;
    co_await look_up_ended(due_for_accounting(interested, *jobs));
    std::set<std::string> present;
    for (const auto& job : *jobs) present.insert(job.job_name);
    for (const auto& [name, job] : ended_)
        if (!present.contains(name)) jobs->push_back(job);
    co_return jobs;
}

std::vector<job_ref> slurm_backend::due_for_accounting(const std::vector<job_ref>& interested,
                                                       const std::vector<job_status>& listed) {
    std::set<std::string> names, present, askers;
    for (const auto& job : interested) names.insert(job.job_name);
    for (const auto& job : listed) present.insert(job.job_name);
    std::erase_if(ended_, [&](const auto& entry) { return !names.contains(entry.first); });
    std::erase_if(asked_at_, [&](const auto& entry) { return !names.contains(entry.first); });
    std::vector<job_ref> due;
    for (const auto& job : interested) {
        if (present.contains(job.job_name) || ended_.contains(job.job_name)) continue;
        const auto at = asked_at_.find(job.job_name);
        if (at != asked_at_.end() && time_.now() - at->second < accounting_every) continue;
        const auto asker = asker_for(job);
        if (!askers.contains(asker) && askers.size() == askers_of_accounting) continue; // the next time
        askers.insert(asker);
        asked_at_[job.job_name] = time_.now();
        due.push_back(job);
    }
    return due;
}

asio::awaitable<void> slurm_backend::look_up_ended(std::vector<job_ref> due) {
    std::map<std::string, json> by_asker;
    for (const auto& job : due) by_asker[asker_for(job)].push_back(cancel_arguments(job));
    for (auto& [asker, jobs] : by_asker) co_await look_up_ended_as(asker, std::move(jobs));
}

asio::awaitable<void> slurm_backend::look_up_ended_as(std::string asker, json jobs) {
    auto arguments = json::object({{"ended", std::move(jobs)}});
    const auto answer =
        co_await ask_->calls.as(std::move(asker), aside("list", std::move(arguments), accounting_deadline));
    const auto told =
        answer.told ? read_listing(*answer.told) : result<slurm_listing>(fail(answer.told.error()));
    if (!told) {
        log_.warning("slurm.accounting_silent", {{"cluster", settings_.cluster}, {"error", told.error()}});
        co_return;
    }
    for (const auto& job : told->jobs) ended_.insert_or_assign(job.job_name, job);
}

asio::awaitable<result<void>> slurm_backend::cancel(job_ref job) {
    const agent_call call{"cancel", cancel_arguments(job), action_deadline, true};
    auto answer = co_await ask_->calls.as(job.user, call);
    const auto& other = settings_.poll_account;
    if (answer.token_trouble && !other.empty() && other != job.user) {
        const auto owners = answer.told.error();
        answer = co_await ask_->calls.as(other, call);
        if (!answer.told)
            co_return fail(answer.told.error().code,
                           fmt::format("{} And with the token of the poll account {}: {}", owners.message,
                                       other, answer.told.error().message));
    }
    if (!answer.told) co_return fail(answer.told.error());
    co_return result<void>();
}

asio::awaitable<result<std::string>> slurm_backend::log_tail(job_ref job, std::size_t max_bytes) {
    auto arguments = json::object({{"job_name", job.job_name}, {"user", job.user}, {"max_bytes", max_bytes}});
    // Slurm is not asked: it takes the agent's rights, and no token.
    const auto answer = (co_await ask_->calls.as("", aside("log", std::move(arguments), log_deadline))).told;
    if (!answer) co_return fail(as_question(answer.error()));
    const auto text = answer->find("text");
    if (text == answer->end() || !text->is_string())
        co_return fail(errc::internal, "the Slurm agent's answer is malformed");
    co_return text->get<std::string>();
}

asio::awaitable<std::vector<finding>> slurm_backend::check() {
    const auto hello =
        co_await ask_->calls.as(settings_.poll_account, aside("hello", json::object(), check_deadline));
    if (!hello.told && asks_owners()) co_return std::vector{not_asked(hello.told.error())};
    if (!hello.told) co_return std::vector{silent_agent(hello.told.error())};
    auto out = about_controller(*hello.told, ask_->calls.with_tokens());
    const auto nodes =
        co_await ask_->calls.as(settings_.poll_account, aside("nodes", json::object(), check_deadline));
    if (!nodes.told)
        out.push_back(silent_agent(nodes.told.error()));
    else
        std::ranges::move(about_partitions(*nodes.told, settings_.defaults), std::back_inserter(out));
    co_return out;
}

} // namespace berth::scheduler
