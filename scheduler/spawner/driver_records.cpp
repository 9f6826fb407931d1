// SPDX-License-Identifier: BSD-3-Clause
// The driver's records: finding, saving, telling of news.
#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/stop_point.hpp"
#include "scheduler/spawner/driver.hpp"

#include <utility>

namespace berth::scheduler {
namespace asio = boost::asio;
namespace {
constexpr std::size_t attempt_characters = 12; // lower case: Slurm, paths and host names all take it
} // namespace

driver::driver(spawner::parts p) : with(std::move(p)), tasks(with.executor, with.log) {
    for (const auto& [name, where] : with.clusters) {
        watched_cluster& c = clusters[name];
        c.name = name;
        c.where = where;
        c.bell = std::make_unique<wake_signal>(with.executor);
        c.back = std::make_unique<wake_signal>(with.executor);
        c.submits = std::make_unique<call_slots>(with.executor, where.settings.concurrent_submits);
        c.cancels = std::make_unique<call_slots>(with.executor, where.settings.concurrent_submits);
        c.probes = std::make_unique<call_slots>(with.executor, where.settings.concurrent_probes);
        c.pause = where.settings.poll_interval;
    }
}

void driver::open() {
    auto added = [self = weak_from_this()](const server_key& key, const std::string& attempt) {
        auto d = self.lock();
        if (record* r = d ? d->find(key, attempt) : nullptr) d->apply(*r, server_event::route_added);
    };
    routes = std::make_shared<route_keeper>(tasks, with.time, with.log, with.routes, std::move(added));
}

record* driver::find(const server_key& key) {
    auto at = records.find(key);
    return closed || at == records.end() ? nullptr : &at->second;
}

record* driver::find(const server_key& key, const std::string& attempt) {
    record* r = find(key);
    return r && r->s.attempt == attempt ? r : nullptr;
}

watched_cluster* driver::cluster_of(const record& r) {
    auto at = clusters.find(r.s.cluster);
    return at == clusters.end() ? nullptr : &at->second;
}

void driver::news(record& r) {
    r.s.version = ++versions;
    if (r.waiters) r.waiters->ring();
    if (with.on_change) with.on_change(r.s.key, r.s.user_name);
}

std::string driver::fresh_attempt() const {
    return with.new_attempt ? with.new_attempt() : random_hex(attempt_characters / 2);
}

void driver::forget(const server_key& key) {
    auto at = records.find(key);
    if (at == records.end()) return;
    auto waiters_here = at->second.waiters;
    const auto gone = at->first;
    const auto user_name = at->second.s.user_name;
    records.erase(at);
    if (with.on_change) with.on_change(gone, user_name);
    if (waiters_here) waiters_here->ring();
}

asio::awaitable<result<void>> driver::save(server_key key) {
    record* r = find(key);
    if (!r) co_return result<void>{};
    const bool goes = r->at == server_step::stopped && r->s.remove_when_stopped;
    const std::string attempt = r->s.attempt;
    const auto step = to_string(r->at);
    const bool told = std::exchange(r->unsaved, false);
    stop_point("before_commit.", step);
    auto saved = co_await with.db.commit({goes ? delete_server(key) : save_server(*r)});
    stop_point("committed.", step);
    if (saved && goes) {
        r = find(key, attempt);
        if (r && r->at == server_step::stopped) forget(key);
    } else if (!saved && !closed) {
        if (!told)
            with.log.error("server.not_saved",
                           {{"user_id", key.user_id}, {"server", key.name}, {"why", saved.error()}});
        if ((r = find(key))) r->unsaved = true;
        refused->ring();
    }
    co_return saved;
}

namespace {
asio::awaitable<void> save_quietly(std::shared_ptr<driver> d, server_key key) {
    co_await d->save(std::move(key));
}
} // namespace

void driver::save_later(const record& r) {
    tasks.spawn("save " + r.s.url_path, save_quietly(shared_from_this(), r.s.key));
}

} // namespace berth::scheduler
