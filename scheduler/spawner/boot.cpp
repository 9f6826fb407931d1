// SPDX-License-Identifier: BSD-3-Clause
// What a hub that comes back does with what it finds in its table.
#include "scheduler/spawner/driver.hpp"

namespace berth::scheduler {
namespace asio = boost::asio;

asio::awaitable<result<void>> driver::load() {
    auto rows = co_await with.db.query(select_servers());
    if (!rows) co_return fail(rows.error());
    for (const auto& row : *rows) {
        record r = record_from(row);
        r.start_told = r.s.ready_at.has_value();
        r.s.version = ++versions;
        r.address_told = with.time.now();
        r.unsaved = !with.db.opened_synced(); // nobody is told of it before it is certain
        const auto key = r.s.key;
        records.insert_or_assign(key, std::move(r));
    }
    co_return result<void>{};
}

// What the disk refused is written as soon as it takes it: a cluster that is away must not delay that.
asio::awaitable<void> driver::save_again(std::shared_ptr<driver> d) {
    constexpr duration look_every = std::chrono::milliseconds(50), longest_pause = std::chrono::seconds(1);
    for (duration pause = look_every; !d->closed;) {
        const auto seen = d->refused->count();
        const bool works = !d->with.db.trouble(); // the store tries by itself whether the disk works again
        bool left = false;
        for (const auto& [key, r] : d->records) {
            left = left || r.unsaved;
            if (r.unsaved && works) d->save_later(r);
        }
        pause = left && works ? std::min(pause * 2, longest_pause) : look_every;
        if (left)
            co_await d->with.time.sleep_for(pause);
        else
            co_await d->refused->wait(d->with.time, std::chrono::hours(1), seen);
    }
}

void driver::run() {
    const auto now = with.time.now();
    for (auto& [name, c] : clusters) c.last_good = now;
    for (auto& [key, r] : records) {
        if (r.at == server_step::stopped) {
            if (r.s.remove_when_stopped) save_later(r);
            continue;
        }
        if (!clusters.contains(r.s.cluster))
            with.log.error("cluster.unknown",
                           {{"cluster", r.s.cluster}, {"user", r.s.user_name}, {"server", key.name}});
        // A launch that nobody could watch has all its time again; a queue's patience is in hours and goes
        // on.
        if (r.at == server_step::launching) r.frozen = now - r.s.phase_since.value_or(now);
        with.log.info("spawn.resumed", {{"user", r.s.user_name},
                                        {"server", key.name},
                                        {"step", to_string(r.at)},
                                        {"job", r.s.job_id},
                                        {"attempt", r.s.attempt}});
        apply(r, server_event::restarted);
    }
    for (auto& [name, c] : clusters) tasks.spawn("watch " + name, watch(shared_from_this(), name));
    tasks.spawn("save again", save_again(shared_from_this()));
}

} // namespace berth::scheduler
