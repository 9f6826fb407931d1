// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/spawner.hpp"

#include "daemon/runtime/stop_point.hpp"
#include "scheduler/spawner/driver.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::scheduler {
namespace asio = boost::asio;
namespace {

constexpr std::size_t max_waiters = 20'000;
constexpr duration crowd_pause = std::chrono::seconds(1);

bool is_host(std::string_view host) {
    return host.size() <= 253 && std::ranges::all_of(host, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == ':' || c == '_';
           });
}

void define_from(record& r, start_request&& q) {
    r.s.user_name = std::move(q.user_name);
    r.s.url_path = std::move(q.url_path);
    r.s.display_name = std::move(q.display_name);
    r.s.cluster = std::move(q.cluster);
    r.s.profile = std::move(q.profile);
    r.s.user_options = std::move(q.user_options);
    r.s.fields = std::move(q.fields);
}

spawn_failure ended_by_hub(const record& r, std::string why, time_point now) {
    spawn_failure f;
    f.sentence = std::move(why);
    f.at = now;
    f.was_ready = r.s.ready();
    return f;
}

bool pending_spawn(const record& r) { return r.s.pending() == "spawn"; }

} // namespace

struct spawner::state : driver {
    using driver::driver;
};

spawner::spawner(parts p) : state_(std::make_shared<state>(std::move(p))) { state_->open(); }

spawner::~spawner() {
    state_->closed = true;
    state_->tasks.cancel();
}

store::migrations spawner::tables() { return server_tables(); }

asio::awaitable<result<void>> spawner::load() { return state_->load(); }
void spawner::run() { state_->run(); }

asio::awaitable<void> spawner::shut_down() {
    auto st = state_;
    st->closed = true;
    st->tasks.cancel();
    if (auto joined = co_await st->tasks.join(std::chrono::seconds(5)); !joined)
        st->with.log.warning("spawner.still_busy", {{"why", joined.error()}});
}

namespace {

result<void> may_start(const driver& d, const start_request& q) {
    if (d.closed) return fail(errc::cancelled, "The hub is shutting down");
    if (!d.clusters.contains(q.cluster))
        return fail(errc::not_found, fmt::format("There is no cluster \"{}\"", q.cluster));
    if (auto at = d.records.find(q.key); at != d.records.end() && at->second.s.active())
        return fail(errc::conflict, fmt::format("The server is {}", to_string(at->second.s.state)));
    const auto& limits = d.with.limits;
    int active = 0, starting = 0;
    for (const auto& [key, r] : d.records) {
        active += r.s.active();
        starting += pending_spawn(r);
    }
    if (limits.concurrent_spawns > 0 && starting >= limits.concurrent_spawns)
        return fail(errc::limit_exceeded, "Too many servers are starting right now. Try again in a minute.");
    if (limits.active_servers > 0 && active >= limits.active_servers)
        return fail(errc::limit_exceeded,
                    "The limit of active servers is reached. Try again in a few minutes.");
    return {};
}

asio::awaitable<result<void>> start_server(std::shared_ptr<driver> d, start_request q) {
    if (auto ok = may_start(*d, q); !ok) co_return ok;
    const auto key = q.key;
    auto [at, fresh] = d->records.try_emplace(key);
    const record before = at->second;
    record* r = &at->second;
    r->s.key = key;
    if (!r->s.created) r->s.created = d->with.time.now();
    keep_start_key(r->s.start_keys, std::move(q.key_of_order));
    define_from(*r, std::move(q));
    r->account = r->s.user_name;
    r->s.remove_when_stopped = r->reports_activity = false;
    auto calls = d->transit(*r, server_event::start_wanted);
    const std::string attempt = r->s.attempt;
    d->with.log.info(
        "spawn.requested",
        {{"user", r->s.user_name}, {"server", key.name}, {"cluster", r->s.cluster}, {"attempt", attempt}});
    auto saved = co_await d->save(key);
    r = d->find(key, attempt);
    if (!r) co_return fail(errc::cancelled, "The hub is shutting down");
    if (!saved && r->at == server_step::preparing) {
        auto waiters = r->waiters;
        *r = before;
        r->waiters = waiters;
        r->unsaved = true; // a sync that failed leaves open what a crash would find: written again
        d->refused->ring();
        d->news(*r);
        if (!before.s.created) d->forget(key);
        co_return fail(saved.error());
    }
    std::erase(calls, server_action::persist);
    d->start_calls(*r, std::move(calls));
    co_return result<void>{};
}

asio::awaitable<result<void>> stop_server(std::shared_ptr<driver> d, server_key key, bool remove, std::string why) {
    record* r = d->find(key);
    if (!r) co_return fail(errc::not_found, "There is no such server");
    if (remove) r->s.remove_when_stopped = true;
    if (!r->s.active()) {
        if (!remove && !r->unsaved) co_return result<void>{};
        d->news(*r);
        co_return co_await d->save(key);
    }
    const bool first = r->s.wanted || !r->stop_asked;
    if (first && !why.empty()) r->s.failure = ended_by_hub(*r, std::move(why), d->with.time.now());
    r->s.wanted = false;
    if (!r->stop_asked) r->stop_asked = d->with.time.now();
    auto calls = d->transit(*r, server_event::stop_wanted);
    const std::string attempt = r->s.attempt;
    if (first)
        d->with.log.info(
            "stop.requested",
            {{"user", r->s.user_name}, {"server", key.name}, {"job", r->s.job_id}, {"attempt", attempt}});
    // The job goes whatever the disk does: an intent that is lost in a crash leaves a server that has ended,
    // or one to be stopped again.
    std::erase(calls, server_action::persist);
    d->start_calls(*r, std::move(calls));
    co_return co_await d->save(key);
}

asio::awaitable<result<void>> define_server(std::shared_ptr<driver> d, start_request q) {
    if (d->closed) co_return fail(errc::cancelled, "The hub is shutting down");
    const auto key = q.key;
    auto [at, fresh] = d->records.try_emplace(key);
    record& r = at->second;
    if (r.s.active()) co_return fail(errc::conflict, "The server is active; stop it first");
    const record before = r;
    r.s.key = key;
    r.s.remove_when_stopped = false;
    if (!r.s.created) r.s.created = d->with.time.now();
    define_from(r, std::move(q));
    d->news(r);
    auto saved = co_await d->save(key);
    if (record* now = d->find(key); !saved && now && !now->s.active()) {
        if (!before.s.created) {
            d->forget(key);
        } else {
            auto waiters = now->waiters;
            *now = before;
            now->waiters = waiters;
            d->news(*now);
        }
    }
    co_return saved;
}

// The record under another name; whoever waits for news of the old one sees that it is gone.
void move_record(driver& d, const server_key& from, const server_key& to, std::string url_path) {
    auto node = d.records.extract(from);
    node.key() = to;
    record& r = d.records.insert(std::move(node)).position->second;
    if (r.s.display_name.empty()) r.s.display_name = from.name;
    r.s.key = to;
    r.s.url_path = std::move(url_path);
    d.news(r);
}

asio::awaitable<result<void>> rename_server(std::shared_ptr<driver> d, server_key from, server_key to, std::string url_path,
                                            store::changes along) {
    const record* r = d->find(from);
    if (!r) co_return fail(errc::not_found, "There is no such server");
    if (d->find(to)) co_return fail(errc::already_exists, fmt::format("There is a server {} already", to.name));
    if (r->at != server_step::stopped) co_return fail(errc::conflict, "The server is active; stop it first");
    const std::string old_path = r->s.url_path, old_display = r->s.display_name;
    move_record(*d, from, to, std::move(url_path));
    store::changes all{delete_server(from), save_server(*d->find(to))};
    all.insert(all.end(), std::make_move_iterator(along.begin()), std::make_move_iterator(along.end()));
    auto saved = co_await d->with.db.commit(std::move(all));
    if (saved) co_return saved;
    record* now = d->find(to);
    if (now && now->at == server_step::stopped && !d->find(from)) {
        move_record(*d, to, from, old_path);
        d->find(from)->s.display_name = old_display;
    } else if (now) {
        now->unsaved = true;
        d->refused->ring();
    }
    co_return saved;
}

asio::awaitable<result<void>> take_report(std::shared_ptr<driver> d, server_key key, std::string attempt,
                                          int port, std::string host) {
    if (port < 1 || port > 65535)
        co_return fail(errc::invalid_argument, "\"port\" must be a number from 1 to 65535");
    if (!is_host(host)) co_return fail(errc::invalid_argument, "\"host\" must be a host name or an address");
    record* r = d->find(key);
    if (!r) co_return fail(errc::not_found, "There is no such server");
    if (!attempt.empty() && attempt != r->s.attempt)
        co_return fail(errc::conflict, "This is the address of an earlier start");
    if (r->s.pending() != "spawn" && !r->s.ready())
        co_return fail(errc::conflict, fmt::format("The server is {}", to_string(r->s.state)));
    const std::string effective = !host.empty()              ? host
                                  : r->reported_host.empty() ? r->s.host
                                                             : r->reported_host;
    r->address_told = d->with.time.now();
    const bool same = r->s.port == port && (effective.empty() || effective == r->s.host);
    if (same) {
        if (r->unsaved) co_await d->save(key);
        co_return result<void>{};
    }
    r->s.port = port;
    if (!host.empty()) r->reported_host = std::move(host);
    if (!r->reported_host.empty()) r->s.host = r->reported_host;
    r->answered = false;
    d->with.log.info("spawn.address",
                     {{"user", r->s.user_name}, {"server", key.name}, {"host", r->s.host}, {"port", port}});
    d->apply(*r, server_event::address_reported);
    d->news(*r);
    stop_point("address.before_commit");
    co_await d->save(key); // what could not be saved now is saved later: the job must not fail for it
    stop_point("address.committed");
    co_return result<void>{};
}

asio::awaitable<void> wait_for_news(std::shared_ptr<driver> d, server_key key, std::uint64_t seen,
                                    duration limit) {
    record* r = d->find(key);
    if (!r || r->s.version != seen) co_return;
    if (d->waiters >= max_waiters) { // served late rather than not at all
        co_await d->with.time.sleep_for(std::min(limit, crowd_pause));
        co_return;
    }
    if (!r->waiters) r->waiters = std::make_shared<wake_signal>(d->with.executor);
    auto bell = r->waiters;
    struct counted {
        std::size_t& n;
        explicit counted(std::size_t& where) : n(where) { ++n; }
        ~counted() { --n; }
    } here(d->waiters);
    co_await bell->wait(d->with.time, limit, bell->count());
}

asio::awaitable<result<void>> save_all(std::shared_ptr<driver> d, std::vector<server_key> keys) {
    store::changes changes;
    for (const auto& key : keys)
        if (const record* r = d->find(key)) changes.push_back(save_server(*r));
    if (changes.empty()) co_return result<void>{};
    co_return co_await d->with.db.commit(std::move(changes));
}

} // namespace

asio::awaitable<result<void>> spawner::start(start_request request) {
    return start_server(state_, std::move(request));
}
asio::awaitable<result<void>> spawner::confirm(server_key key) {
    auto d = state_;
    if (!d->find(key)) co_return fail(errc::not_found, "There is no such server");
    co_return co_await d->save(key);
}
asio::awaitable<result<void>> spawner::stop(server_key key, bool remove, std::string why) {
    return stop_server(state_, std::move(key), remove, std::move(why));
}
asio::awaitable<result<void>> spawner::define(start_request request) {
    return define_server(state_, std::move(request));
}

asio::awaitable<result<void>> spawner::rename(server_key key, std::string name, std::string url_path, store::changes along) {
    const server_key to{key.user_id, std::move(name)};
    return rename_server(state_, std::move(key), to, std::move(url_path), std::move(along));
}

asio::awaitable<result<void>> spawner::dismiss(server_key key) {
    auto d = state_;
    record* r = d->find(key);
    if (!r) co_return fail(errc::not_found, "There is no such server");
    if (!r->s.failure) co_return result<void>{};
    r->s.failure.reset();
    d->news(*r);
    co_return co_await d->save(key);
}

asio::awaitable<result<void>> spawner::report_address(server_key key, std::string attempt_or_empty, int port,
                                                      std::string host) {
    return take_report(state_, std::move(key), std::move(attempt_or_empty), port, std::move(host));
}

void spawner::seen_by_door(const server_key& key, time_point when) {
    if (const record* r = state_->find(key); r && !r->reports_activity) touch(key, when);
}

void spawner::touch(const server_key& key, time_point when, bool by_itself) {
    record* r = state_->find(key);
    if (r && by_itself) r->reports_activity = true;
    if (!r || (r->s.last_activity && *r->s.last_activity >= when)) return;
    r->s.last_activity = when;
    state_->with.db.write_behind(fmt::format("scheduler.activity/{}/{}", key.user_id, key.name),
                                 save_activity(key, when));
}

asio::awaitable<result<void>> spawner::rename_user(std::int64_t user_id, std::string new_name) {
    auto d = state_;
    std::vector<server_key> keys;
    for (auto at = d->records.lower_bound({user_id, ""});
         at != d->records.end() && at->first.user_id == user_id; ++at) {
        at->second.s.user_name = new_name;
        d->news(at->second);
        keys.push_back(at->first);
    }
    co_return co_await save_all(d, std::move(keys));
}

void spawner::change(spawn_limits limits, const std::map<std::string, cluster_settings>& clusters) {
    state_->with.limits = limits;
    for (const auto& [name, settings] : clusters)
        if (const auto at = state_->clusters.find(name); at != state_->clusters.end()) at->second.where.settings = settings;
}

const server* spawner::find(const server_key& key) const {
    auto at = state_->records.find(key);
    return at == state_->records.end() ? nullptr : &at->second.s;
}

std::vector<const server*> spawner::of_user(std::int64_t user_id) const {
    std::vector<const server*> out;
    for (auto at = state_->records.lower_bound({user_id, ""});
         at != state_->records.end() && at->first.user_id == user_id; ++at)
        out.push_back(&at->second.s);
    return out;
}

std::vector<const server*> spawner::all() const {
    std::vector<const server*> out;
    out.reserve(state_->records.size());
    for (const auto& [key, r] : state_->records) out.push_back(&r.s);
    return out;
}

std::size_t spawner::active_count() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(state_->records, [](const auto& e) { return e.second.s.active(); }));
}

std::size_t spawner::pending_count() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(state_->records, [](const auto& e) { return pending_spawn(e.second); }));
}

asio::awaitable<void> spawner::changed(server_key key, std::uint64_t seen, duration limit) {
    return wait_for_news(state_, std::move(key), seen, limit);
}

spawner::cluster_health spawner::health(const std::string& cluster) const {
    auto at = state_->clusters.find(cluster);
    if (at == state_->clusters.end()) return {};
    return {at->second.down_since, at->second.why};
}

} // namespace berth::scheduler
