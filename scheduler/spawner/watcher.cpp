// SPDX-License-Identifier: BSD-3-Clause
// One task per cluster: one listing per tick feeds all its servers.
#include "daemon/runtime/stop_point.hpp"
#include "scheduler/spawner/driver.hpp"
#include "scheduler/spawner/watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace berth::scheduler {
namespace asio = boost::asio;
namespace {

using handle = std::shared_ptr<driver>;
using jobs_by_name = std::unordered_map<std::string, std::vector<const job_status*>>;

constexpr duration news_keep_it_quick = std::chrono::seconds(60);
constexpr duration slow_answer = std::chrono::seconds(3);

std::vector<server_key> servers_of(const driver& d, const std::string& cluster_name) {
    std::vector<server_key> out;
    for (const auto& [key, r] : d.records)
        if (r.s.cluster == cluster_name && r.s.active()) out.push_back(key);
    return out;
}

std::vector<job_ref> interesting(const driver& d, const std::string& cluster_name) {
    std::vector<job_ref> out;
    for (const auto& [key, r] : d.records)
        if (r.s.cluster == cluster_name && may_have_job(r.at))
            out.push_back({r.s.job_id, r.s.job_name, r.account, r.credential});
    return out;
}

// Since when a server's patience runs: until there is a job, from the request on.
time_point patience_since(const record& r, time_point otherwise) {
    const bool before_job = r.s.state == phase::preparing || r.s.state == phase::submitting;
    return (before_job ? r.s.started : r.s.phase_since).value_or(otherwise);
}

// --- what the scheduler's silence means ------------------------------

void take_silence(driver& d, watched_cluster& c, const failure& why) {
    const auto now = d.with.time.now();
    if (!c.down_since) {
        c.down_since = now;
        d.with.log.warning("cluster.down", {{"cluster", c.name}, {"why", why}});
    }
    c.why = why.message;
    for (const auto& key : servers_of(d, c.name)) {
        record& r = d.records.at(key);
        r.absent_count = 0;
        if (!may_have_job(r.at) || r.s.unknown_since) continue;
        r.s.unknown_since = now;
        d.news(r);
    }
}

void end_silence(driver& d, watched_cluster& c) {
    if (!c.down_since) return;
    const auto now = d.with.time.now();
    d.with.log.info(
        "cluster.back",
        {{"cluster", c.name}, {"after_s", std::chrono::duration<double>(now - *c.down_since).count()}});
    for (const auto& key : servers_of(d, c.name)) {
        record& r = d.records.at(key);
        // Time-outs stand still while nobody could have known.
        if (r.s.active()) r.frozen += now - std::max(c.last_good, patience_since(r, c.last_good));
        if (!std::exchange(r.s.unknown_since, std::nullopt)) continue;
        d.news(r);
    }
    c.down_since.reset();
    c.why.clear();
    c.back->ring();
}

// A controller that was slow to answer was away for a while: nobody could have told it, or asked.
void take_slowness(driver& d, const watched_cluster& c, time_point asked) {
    const auto now = d.with.time.now();
    if (c.down_since || now - asked < slow_answer) return;
    for (const auto& key : servers_of(d, c.name)) {
        record& r = d.records.at(key);
        if (r.s.active())
            r.frozen += std::max(duration::zero(), now - std::max(asked, patience_since(r, asked)));
    }
}

// --- what a listing means ------------------------------

// What the scheduler and the callback together say of where the server listens.
void take_address(record& r, const job_status& job) {
    r.s.host = r.reported_host.empty() ? job.address : r.reported_host;
    if (job.port) r.s.port = *job.port;
}

void note_queue(driver& d, record& r) {
    if (r.at != server_step::queued || !r.s.job || r.s.job->phase != job_phase::queued) return;
    if (r.s.job->reason.empty() && !r.s.job->expected_start) return;
    const bool first = !r.s.progress.empty() && !r.s.progress.back().message.starts_with("Queued");
    d.note(r, stage::queued, queued_text(*r.s.job));
    if (first)
        d.with.log.info("spawn.queued", {{"user", r.s.user_name},
                                         {"server", r.s.key.name},
                                         {"job", r.s.job_id},
                                         {"attempt", r.s.attempt},
                                         {"reason", r.s.job->reason}});
}

void feed_sighting(driver& d, record& r, server_event event, const job_status& job, time_point asked) {
    if (event == server_event::job_moved) {
        d.apply(r, event);
        event = server_event::job_running;
    }
    if (event == server_event::job_running) {
        take_address(r, job);
        r.shown_running = asked;
    }
    const auto why =
        d.describe(r, event == server_event::job_stuck ? ending_cause::stuck : ending_cause::over);
    if (event == server_event::job_stuck) d.apply(r, server_event::job_queued);
    d.apply(r, event, &why);
}

// Nobody could be asked about this server's job alone: its time-outs stand still, as with a silent cluster.
void take_unknown(driver& d, record& r) {
    r.absent_count = 0;
    if (r.s.unknown_since) return;
    r.s.unknown_since = d.with.time.now();
    d.news(r);
}

void end_unknown(driver& d, const watched_cluster& c, record& r) {
    if (!r.s.unknown_since) return;
    r.frozen += d.with.time.now() - std::max(*r.s.unknown_since, patience_since(r, c.last_good));
    r.s.unknown_since.reset();
    d.news(r);
}

void take_sighting(driver& d, watched_cluster& c, record& r, const job_status& job, time_point asked) {
    const auto before = r.s.job;
    const auto event = sighting_of(job, before);
    stop_point("seen.", to_string(event));
    r.absent_count = 0;
    r.launch.reset(); // the job exists: its environment is not needed again
    if (before != job) {
        c.changed_at = d.with.time.now();
        r.s.job = job;
        if (!job.job_id.empty()) r.s.job_id = job.job_id;
        d.news(r);
    }
    feed_sighting(d, r, event, job, asked);
    // With the address that goes with it: a restart must not take the former run's for this one's.
    if (before != job)
        d.with.db.write_behind(fmt::format("scheduler.job/{}/{}", r.s.key.user_id, r.s.key.name),
                               save_job(r));
    note_queue(d, r);
}

void take_absence(driver& d, watched_cluster& c, record& r, std::uint64_t listing) {
    if (listing <= r.absent_after) return; // begun before the job could have been there
    const auto now = d.with.time.now();
    if (r.absent_count++ == 0) r.absent_since = now;
    if (!absence_confirmed(c.where.settings, r.absent_count, now - r.absent_since)) return;
    const auto why = d.describe(r, ending_cause::absent);
    d.apply(r, server_event::job_absent, &why);
}

void check_time(driver& d, const watched_cluster& c, record& r) {
    const auto now = d.with.time.now();
    const duration spent = now - patience_since(r, now) - r.frozen;
    // A server that answers waits for its route only: the front door's absence is no reason to end it.
    if (r.at == server_step::launching && !r.answered && spent >= c.where.settings.launch_timeout) {
        const auto why = d.describe(r, ending_cause::launch_timeout, r.probe_words);
        d.apply(r, server_event::launch_timeout, &why);
    } else if (r.s.pending() == "spawn" && r.at != server_step::launching &&
               spent >= c.where.settings.queue_timeout) {
        const auto why = d.describe(r, ending_cause::queue_timeout);
        d.apply(r, server_event::queue_timeout, &why);
    }
}

// --- jobs that no record wants ------------------------------

asio::awaitable<void> cancel_orphan(handle d, std::string cluster_name, job_ref job) {
    auto& c = d->clusters.at(cluster_name);
    {
        auto lease = co_await c.cancels->acquire();
        auto done = co_await c.where.where->cancel(job);
        if (done)
            d->with.log.info(
                "orphan.cancelled",
                {{"cluster", cluster_name}, {"job", job.job_id}, {"name", job.job_name}, {"user", job.user}});
        else
            d->with.log.warning("orphan.kept",
                                {{"cluster", cluster_name}, {"job", job.job_id}, {"why", done.error()}});
    }
    co_await d->with.time.sleep_for(std::chrono::seconds(10)); // then again, should it still be there
    c.orphans.erase(job.job_id);
}

void cancel_orphans(const handle& d, watched_cluster& c, const std::vector<job_status>& jobs) {
    std::unordered_map<std::string, const record*> wanted; // of every cluster: two may lead to one scheduler
    for (const auto& [key, r] : d->records)
        if (r.s.active()) wanted.emplace(r.s.job_name, &r);
    const std::string prefix = "berth-" + d->with.hub_id + "-";
    for (const auto& job : jobs) {
        if (job.phase == job_phase::over || job.phase == job_phase::unknown ||
            !job.job_name.starts_with(prefix))
            continue;
        auto at = wanted.find(job.job_name);
        // A second job of one name can only be a double; a job that is just starting has no id to tell yet.
        if (at != wanted.end() && (at->second->s.cluster != c.name || at->second->s.job_id.empty() ||
                                   job.job_id.empty() || at->second->s.job_id == job.job_id))
            continue;
        if (!c.orphans.insert(job.job_id).second) continue;
        d->tasks.spawn("orphan " + job.job_id,
                       cancel_orphan(d, c.name, {job.job_id, job.job_name, job.user, {}}));
    }
}

// --- the watch ------------------------------

struct listing_call {
    std::uint64_t number = 0;
    time_point asked{};
};

void take_news(driver& d, watched_cluster& c, record& r, const jobs_by_name& jobs, listing_call call) {
    const auto at = jobs.find(r.s.job_name);
    const auto* job = at != jobs.end() && r.s.active() ? pick_job(at->second, r.s.job_id) : nullptr;
    if (job && job->phase == job_phase::unknown) return take_unknown(d, r);
    end_unknown(d, c, r);
    if (job)
        take_sighting(d, c, r, *job, call.asked);
    else if (may_have_job(r.at))
        take_absence(d, c, r, call.number);
}

void take_listing(const handle& d, watched_cluster& c, listing_call call,
                  const std::vector<job_status>& jobs) {
    jobs_by_name by_name;
    for (const auto& job : jobs) by_name[job.job_name].push_back(&job);
    take_slowness(*d, c, call.asked);
    end_silence(*d, c);
    for (const auto& key : servers_of(*d, c.name)) {
        record* r = d->find(key);
        if (!r) continue;
        take_news(*d, c, *r, by_name, call);
        if (!r->s.unknown_since) check_time(*d, c, *r);
    }
    cancel_orphans(d, c, jobs);
    c.last_good = d->with.time.now();
}

bool in_motion(const driver& d, const watched_cluster& c) {
    if (d.with.time.now() - c.changed_at < std::min(news_keep_it_quick, c.where.settings.poll_interval_max))
        return true;
    return std::ranges::any_of(d.records, [&](const auto& entry) {
        const auto& r = entry.second;
        return r.s.cluster == c.name && r.s.active() && r.s.state != phase::ready &&
               r.s.state != phase::queued;
    });
}

void set_pause(const driver& d, watched_cluster& c) {
    const auto& settings = c.where.settings;
    const bool quick = !c.down_since && in_motion(d, c);
    c.pause = quick ? settings.poll_interval : std::max(settings.poll_interval, c.pause + c.pause / 2);
    c.pause = std::min(c.pause, std::max(settings.poll_interval, settings.poll_interval_max));
}

asio::awaitable<void> tick(handle d, std::string name) {
    auto& c = d->clusters.at(name);
    const listing_call call{++c.listings, d->with.time.now()};
    auto jobs = co_await c.where.where->list(interesting(*d, name));
    if (d->closed) co_return;
    if (d->with.observer) d->with.observer->polled(name, jobs.has_value(), d->with.time.now() - call.asked);
    if (jobs)
        take_listing(d, c, call, *jobs);
    else
        take_silence(*d, c, jobs.error());
    set_pause(*d, c);
}

} // namespace

asio::awaitable<void> driver::watch(handle d, std::string cluster_name) {
    auto& c = d->clusters.at(cluster_name);
    // Rings come in bursts: one listing answers them all.
    const duration gap =
        std::min<duration>(c.where.settings.poll_interval / 4, std::chrono::milliseconds(250));
    while (!d->closed) {
        const auto seen = c.bell->count();
        co_await tick(d, cluster_name);
        if (d->closed) break;
        co_await c.bell->wait(d->with.time, c.pause, seen);
        if (c.bell->count() != seen) co_await d->with.time.sleep_for(gap);
    }
}

} // namespace berth::scheduler
