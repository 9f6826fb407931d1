// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/slurm_backend.hpp"

#include "scheduler/slurm/findings.hpp"
#include "scheduler/slurm/wire.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace berth::scheduler {
namespace asio = boost::asio;
using nlohmann::json;
namespace {

constexpr duration action_deadline = std::chrono::seconds(20), list_deadline = std::chrono::seconds(12),
                   log_deadline = std::chrono::seconds(5), full_every = std::chrono::seconds(60),
                   accounting_every = std::chrono::seconds(30), accounting_deadline = std::chrono::seconds(4);

bool lost_contact(const failure& f) {
    return f.code == errc::unavailable || f.code == errc::outcome_unknown || f.code == errc::timed_out;
}

// For questions: nothing is unknown about what they did.
failure as_question(failure f) {
    if (f.code == errc::outcome_unknown || f.code == errc::timed_out) f.code = errc::unavailable;
    return f;
}

bool listed(const std::vector<job_status>& jobs, const std::string& name) {
    return std::ranges::find(jobs, name, &job_status::job_name) != jobs.end();
}

} // namespace

std::vector<std::string> slurm_agent_argv(const std::string& program, const std::string& job_prefix,
                                          const std::string& conf) {
    std::vector<std::string> argv{program, "--prefix", job_prefix};
    if (!conf.empty()) argv.insert(argv.end(), {"--conf", conf});
    return argv;
}

slurm_backend::slurm_backend(helper_process& agent, clock& time, logger& log, slurm_settings settings)
    : agent_(agent)
    , time_(time)
    , log_(log)
    , settings_(std::move(settings)) {}

asio::awaitable<result<json>> slurm_backend::ask(std::string verb, json arguments, duration deadline) {
    if (const auto may = breaker_.may_call(time_.now()); !may) co_return fail(may.error());
    auto answer = co_await agent_.call(std::move(verb), std::move(arguments), deadline);
    if (!answer && lost_contact(answer.error()))
        breaker_.failed(time_.now(), answer.error().message);
    else
        breaker_.succeeded();
    co_return answer;
}

void slurm_backend::change(job_template script, script_settings launch, job_fields defaults) {
    settings_.script = std::move(script);
    settings_.launch = std::move(launch);
    settings_.defaults = std::move(defaults);
}

asio::awaitable<result<submitted>> slurm_backend::submit(job_spec spec) {
    if (settings_.user_tokens && spec.credential.empty())
        co_return fail(errc::denied,
                       "cluster " + settings_.cluster + " wants the user's own token, and there is none");
    const auto script = render(settings_.script, spec, settings_.launch);
    if (!script) co_return fail(script.error());
    auto arguments = submit_arguments(spec, *script, settings_.user_tokens);
    const auto answer = co_await ask("submit", std::move(arguments), action_deadline);
    if (!answer) co_return fail(answer.error());
    auto done = read_submitted(*answer);
    if (!done) co_return fail(errc::outcome_unknown, done.error().message);
    co_return done;
}

asio::awaitable<result<std::vector<job_status>>> slurm_backend::list(std::vector<job_ref> interested) {
    const bool everything = time_.now() - full_at_ >= full_every;
    auto arguments = json::object({{"last_update", everything ? 0 : last_update_}});
    const auto asked_at = time_.now();
    const auto answer = co_await ask("list", std::move(arguments), list_deadline);
    if (!answer) co_return fail(as_question(answer.error()));
    auto told = read_listing(*answer);
    if (!told) co_return fail(told.error());
    if (!told->unchanged) {
        listing_ = std::move(told->jobs);
        last_update_ = told->last_update;
        if (everything) full_at_ = asked_at;
    }
    co_await look_up_ended(interested);
    auto out = listing_;
    for (const auto& [name, job] : ended_)
        if (!listed(listing_, name)) out.push_back(job);
    co_return out;
}

std::vector<job_ref> slurm_backend::due_for_accounting(const std::vector<job_ref>& interested) {
    std::set<std::string> names, present;
    for (const auto& job : interested) names.insert(job.job_name);
    for (const auto& job : listing_) present.insert(job.job_name);
    std::erase_if(ended_, [&](const auto& entry) { return !names.contains(entry.first); });
    std::erase_if(asked_at_, [&](const auto& entry) { return !names.contains(entry.first); });
    std::vector<job_ref> due;
    for (const auto& job : interested) {
        if (present.contains(job.job_name) || ended_.contains(job.job_name)) continue;
        const auto [at, first] = asked_at_.try_emplace(job.job_name, time_.now());
        if (!first && time_.now() - at->second < accounting_every) continue;
        at->second = time_.now();
        due.push_back(job);
    }
    return due;
}

asio::awaitable<void> slurm_backend::look_up_ended(std::vector<job_ref> interested) {
    const auto due = due_for_accounting(interested);
    if (due.empty()) co_return;
    auto jobs = json::array();
    for (const auto& job : due) jobs.push_back(cancel_arguments(job, false));
    auto arguments = json::object({{"ended", std::move(jobs)}});
    // The accounting being away is no news of the controller: the breaker does not learn of it.
    const auto answer = co_await agent_.call("list", std::move(arguments), accounting_deadline);
    const auto told = answer ? read_listing(*answer) : result<slurm_listing>(fail(answer.error()));
    if (!told) {
        log_.warning("slurm.accounting_silent", {{"cluster", settings_.cluster}, {"error", told.error()}});
        co_return;
    }
    for (const auto& job : told->jobs) ended_.insert_or_assign(job.job_name, job);
}

asio::awaitable<result<void>> slurm_backend::cancel(job_ref job) {
    auto arguments = cancel_arguments(job, settings_.user_tokens && !job.credential.empty());
    const auto answer = co_await ask("cancel", std::move(arguments), action_deadline);
    if (!answer) co_return fail(answer.error());
    co_return result<void>();
}

asio::awaitable<result<std::string>> slurm_backend::log_tail(job_ref job, std::size_t max_bytes) {
    auto arguments = json::object({{"job_name", job.job_name}, {"user", job.user}, {"max_bytes", max_bytes}});
    const auto answer = co_await agent_.call("log", std::move(arguments), log_deadline);
    if (!answer) co_return fail(as_question(answer.error()));
    const auto text = answer->find("text");
    if (text == answer->end() || !text->is_string())
        co_return fail(errc::internal, "the Slurm agent's answer is malformed");
    co_return text->get<std::string>();
}

asio::awaitable<std::vector<finding>> slurm_backend::check() {
    const auto hello = co_await agent_.call("hello", json::object(), list_deadline);
    if (!hello) co_return std::vector{silent_agent(hello.error())};
    auto out = about_controller(*hello, settings_.user_tokens);
    const auto nodes = co_await agent_.call("nodes", json::object(), list_deadline);
    if (!nodes)
        out.push_back(silent_agent(nodes.error()));
    else
        std::ranges::move(about_partitions(*nodes, settings_.defaults), std::back_inserter(out));
    co_return out;
}

} // namespace berth::scheduler
