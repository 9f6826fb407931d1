// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/job_listing.hpp"

#include "scheduler/slurm/wire.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>
#include <ranges>
#include <set>
#include <tuple>
#include <utility>

namespace berth::scheduler {
namespace asio = boost::asio;
using nlohmann::json;
namespace {

constexpr duration list_deadline = std::chrono::seconds(12), full_every = std::chrono::seconds(60);

} // namespace

asio::awaitable<job_listing::outcome> job_listing::refresh(agent_calls& calls, clock& time,
                                                           std::string asker) {
    const auto asked_at = time.now();
    const bool everything = asked_at - full_at_ >= full_every;
    agent_call call;
    call.verb = "list";
    call.arguments["last_update"] = everything ? 0 : last_update_;
    call.deadline = list_deadline;
    const auto answer = co_await calls.as(std::move(asker), std::move(call));
    if (!answer.told) co_return outcome{as_question(answer.told.error()), answer.token_trouble};
    auto told = read_listing(*answer.told);
    if (!told) co_return outcome{told.error(), false};
    if (!told->unchanged) {
        jobs_ = std::move(told->jobs);
        last_update_ = told->last_update;
        if (everything) full_at_ = asked_at;
    }
    co_return outcome{};
}

struct owners_listing::owner {
    std::string name;
    job_listing seen;
    std::vector<job_ref> interesting;
    bool of_use = false; // the last time
    time_point asked_at{};
    std::string trouble; // why there was no answer the last time
};

// One time that all owners are asked.
struct owners_listing::round {
    std::vector<std::shared_ptr<owner>> to_ask;
    std::size_t next = 0;
    time_point until{};
    std::map<std::pair<std::string, std::string>, job_status> jobs; // by id and name
    std::set<std::string> names, answered;
    std::optional<failure> down;

    bool covers(const owner& o) const {
        return std::ranges::all_of(o.interesting,
                                   [&](const job_ref& job) { return names.contains(job.job_name); });
    }
    void take(const owner& o) {
        answered.insert(o.name);
        for (const auto& job : o.seen.jobs()) {
            names.insert(job.job_name);
            auto& known = jobs[std::pair(job.job_id, job.job_name)];
            if (known.job_id.empty() || job.user == o.name)
                known = job; // its owner is believed before others
        }
    }
};

std::vector<std::shared_ptr<owners_listing::owner>>
owners_listing::in_order(const std::vector<job_ref>& interested) {
    for (auto& o : owners_ | std::views::values) o->interesting.clear();
    for (const auto& job : interested) {
        auto& o = owners_[job.user];
        if (!o) o = std::make_shared<owner>();
        o->name = job.user;
        o->interesting.push_back(job);
    }
    std::erase_if(owners_, [](const auto& entry) { return entry.second->interesting.empty(); });
    std::vector<std::shared_ptr<owner>> out;
    for (const auto& o : owners_ | std::views::values) out.push_back(o);
    // The latest of the useful ones, then whoever has waited longest.
    std::ranges::sort(out, {}, [](const auto& o) {
        const auto at = o->asked_at.time_since_epoch();
        return std::tuple(!o->of_use, o->of_use ? -at : at, o->name);
    });
    return out;
}

asio::awaitable<void> owners_listing::ask(owner& o, round& r) {
    o.asked_at = time_.now();
    auto got = co_await o.seen.refresh(calls_, time_, o.name);
    o.of_use = !got.wrong;
    if (!got.wrong) {
        o.trouble.clear();
        r.take(o);
    } else if (!got.token_trouble) {
        r.down = std::move(got.wrong);
    } else if (std::exchange(o.trouble, got.wrong->message) != got.wrong->message) {
        log_.warning("slurm.owner_not_asked",
                     {{"cluster", cluster_}, {"user", o.name}, {"error", *got.wrong}});
    }
}

asio::awaitable<void> owners_listing::ask_further(round& r) {
    while (r.next < r.to_ask.size() && !r.down && time_.now() < r.until) {
        const auto o = r.to_ask[r.next++];
        if (!r.covers(*o)) co_await ask(*o, r);
    }
}

asio::awaitable<result<std::vector<job_status>>>
owners_listing::list(const std::vector<job_ref>& interested) {
    using namespace asio::experimental::awaitable_operators;
    round r;
    r.to_ask = in_order(interested);
    r.until = time_.now() + list_deadline;
    // Most often the first one is shown everything.
    if (!r.to_ask.empty()) co_await ask(*r.to_ask[r.next++], r);
    co_await (ask_further(r) && ask_further(r) && ask_further(r) && ask_further(r));
    if (r.down) co_return fail(std::move(*r.down));
    for (const auto& o :
         r.to_ask) // what was not needed is not kept: each may have been shown everybody's jobs
        if (!r.answered.contains(o->name)) o->seen = {};
    std::vector<job_status> out;
    for (auto& job : r.jobs | std::views::values) out.push_back(std::move(job));
    for (const auto& job : interested) {
        if (r.answered.contains(job.user) || r.names.contains(job.job_name)) continue;
        job_status unknown;
        unknown.job_id = job.job_id;
        unknown.job_name = job.job_name;
        unknown.user = job.user;
        unknown.phase = job_phase::unknown;
        out.push_back(std::move(unknown));
    }
    co_return out;
}

} // namespace berth::scheduler
