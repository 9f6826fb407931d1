// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/calls.hpp"

#include "daemon/runtime/stop_point.hpp"

#include <algorithm>

namespace berth::scheduler {
namespace asio = boost::asio;
namespace {

constexpr duration launch_stays_good = std::chrono::seconds(30);
constexpr duration cancel_again = std::chrono::seconds(30);
constexpr duration longest_cancel_pause = std::chrono::seconds(60);
constexpr std::size_t log_bytes = 8 * 1024;

using handle = std::shared_ptr<driver>;

// Until it is on disk, or the record has gone on to another step. True: it is on disk and the step is the
// same.
asio::awaitable<bool> persist(handle d, server_key key, std::string attempt, server_step at) {
    for (duration pause = std::chrono::milliseconds(100);;
         pause = std::min<duration>(pause * 2, std::chrono::seconds(5))) {
        auto saved = co_await d->save(key);
        const record* r = d->find(key, attempt);
        if (!r || r->at != at) co_return false;
        if (saved) co_return true;
        co_await d->with.time.sleep_for(pause);
    }
}

// io_error: the hub's own disk. The start was promised when the disk worked.
bool may_come_later(errc code) {
    return code == errc::unavailable || code == errc::timed_out || code == errc::io_error;
}

asio::awaitable<void> prepare(handle d, server_key key, std::string attempt) {
    record* r = d->find(key, attempt);
    if (!r) co_return;
    if (r->unsaved && r->at == server_step::preparing) {
        // A crash would not find this attempt, and nobody could take its token back.
        const auto saved = co_await d->save(key);
        r = d->find(key, attempt);
        if (!r) co_return;
        if (!saved) co_return d->apply(*r, server_event::prepare_delayed);
    }
    if (r->at == server_step::preparing &&
        !(r->launch && d->with.time.now() - r->launch_made < launch_stays_good)) {
        auto made = co_await d->with.support.prepare(r->s);
        r = d->find(key, attempt);
        if (!r) co_return;
        if (!made && may_come_later(made.error().code)) {
            d->note(*r, stage::requested, made.error().message + " The start goes on when that works.");
            d->apply(*r, server_event::prepare_delayed);
            co_return;
        }
        if (!made) {
            const auto why = d->describe(*r, ending_cause::not_prepared, made.error().message);
            d->apply(*r, server_event::prepare_failed, &why);
            co_return;
        }
        r->launch = std::move(*made);
        r->launch_made = d->with.time.now();
        r->credential = r->launch->credential;
        r->credential_known = true;
        r->s.caveat = r->launch->caveat;
        if (!r->s.caveat.empty()) d->note(*r, stage::prepared, r->s.caveat);
    }
    // Somebody who stopped it meanwhile waits for this word.
    d->apply(*r, server_event::prepared);
}

job_spec spec_of(const driver& d, const record& r) {
    job_spec spec;
    spec.job_name = r.s.job_name;
    spec.user = r.account;
    spec.command = d.clusters.at(r.s.cluster).where.settings.command;
    spec.environment = r.launch->environment;
    spec.fields = r.s.fields;
    spec.credential = r.launch->credential;
    return spec;
}

// What a failed submit means (backend.hpp).
server_event meaning_of(errc code) {
    switch (code) {
    case errc::unavailable: return server_event::submit_not_taken;
    case errc::outcome_unknown:
    case errc::timed_out:
    case errc::cancelled:
    case errc::io_error:
    case errc::internal: return server_event::submit_unknown;
    default: return server_event::submit_refused;
    }
}

void take_answer(driver& d, record& r, const result<submitted>& got) {
    if (got) {
        if (r.s.job_id.empty()) r.s.job_id = got->job_id;
        d.apply(r, server_event::submit_accepted);
        if (!got->warning.empty()) d.note(r, stage::submitted, got->warning);
        return;
    }
    const auto event = meaning_of(got.error().code);
    d.with.log.info("spawn.not_submitted",
                    {{"user", r.s.user_name}, {"attempt", r.s.attempt}, {"why", got.error()}});
    const auto why = d.describe(r, ending_cause::refused, got.error().message);
    d.apply(r, event, &why);
}

asio::awaitable<void> submit(handle d, server_key key, std::string attempt) {
    record* r = d->find(key, attempt);
    if (!r) co_return;
    auto* c = d->cluster_of(*r);
    if (!c) co_return;
    auto lease = co_await c->submits->acquire();
    r = d->find(key, attempt);
    if (!r) co_return;
    if (r->at != server_step::submitting || !r->launch) {
        d->apply(*r, server_event::submit_not_taken);
        co_return;
    }
    stop_point("submit.before_send");
    auto got = co_await c->where.where->submit(spec_of(*d, *r));
    stop_point("submit.answered");
    r = d->find(key, attempt);
    if (!r) { // stopped and forgotten meanwhile: the watcher cancels what nobody wants
        c->bell->ring();
        co_return;
    }
    take_answer(*d, *r, got);
}

job_ref ref_of(const record& r) { return {r.s.job_id, r.s.job_name, r.account, r.credential}; }

asio::awaitable<void> cancel(handle d, server_key key, std::string attempt) {
    record* r = d->find(key, attempt);
    if (!r || std::exchange(r->cancelling, true)) co_return;
    auto* c = d->cluster_of(*r);
    if (!c) co_return; // no longer configured: waits until it is again
    for (duration pause = std::chrono::seconds(1);;) {
        result<void> done;
        const auto outages = c->back->count();
        {
            auto lease = co_await c->cancels->acquire();
            r = d->find(key, attempt);
            if (!r || r->at != server_step::cancelling) co_return;
            stop_point("cancel.before_send");
            done = co_await c->where.where->cancel(ref_of(*r));
            stop_point("cancel.answered");
        }
        r = d->find(key, attempt);
        if (!r || r->at != server_step::cancelling) co_return;
        c->bell->ring();
        if (!done)
            d->with.log.warning("stop.retried",
                                {{"user", r->s.user_name}, {"job", r->s.job_id}, {"why", done.error()}});
        co_await c->back->wait(d->with.time, done ? cancel_again : pause, outages);
        if (!done) pause = std::min(pause * 2, longest_cancel_pause);
    }
}

asio::awaitable<void> fetch_log(handle d, server_key key, std::string attempt) {
    record* r = d->find(key, attempt);
    if (!r || !r->s.failure || r->s.job_id.empty()) co_return;
    auto* c = d->cluster_of(*r);
    if (!c) co_return;
    auto lease = co_await c->cancels->acquire();
    r = d->find(key, attempt);
    if (!r) co_return;
    auto tail = co_await c->where.where->log_tail(ref_of(*r), log_bytes);
    r = d->find(key, attempt);
    if (!r || !r->s.failure) co_return;
    if (tail)
        r->s.failure->log_tail = readable_tail(*tail, log_bytes);
    else
        d->with.log.info("spawn.no_log",
                         {{"user", r->s.user_name}, {"job", r->s.job_id}, {"why", tail.error()}});
    d->news(*r);
}

asio::awaitable<void> retire(handle d, server_key key, std::string attempt) {
    if (const record* r = d->find(key, attempt)) co_await d->with.support.retire(r->s);
}

asio::awaitable<void> conclude(handle d, server_key key, std::string attempt) {
    record* r = d->find(key, attempt);
    if (!r) co_return;
    d->transit(*r, server_event::finished);
    co_await d->save(key); // a record that was to go with its server is deleted
}

asio::awaitable<std::string> renew(handle d, server_key key, std::string attempt) {
    co_await retire(d, key, attempt);
    record* r = d->find(key, attempt);
    if (!r) co_return std::string();
    d->with.log.info("spawn.renewed",
                     {{"user", r->s.user_name}, {"server", r->s.key.name}, {"attempt", attempt}});
    r->s.attempt = d->fresh_attempt();
    r->s.job_name = "berth-" + d->with.hub_id + "-" + r->s.attempt;
    r->launch.reset();
    d->news(*r);
    co_return r->s.attempt;
}

} // namespace

asio::awaitable<void> carry_out(handle d, server_key key, std::string attempt,
                                std::vector<server_action> actions) {
    const bool intent = std::ranges::find(actions, server_action::submit) != actions.end();
    for (auto a : actions) {
        record* r = d->find(key, attempt);
        if (!r) co_return;
        switch (a) {
        case server_action::persist:
            // Only a submit must wait for the disk: all else is found again by listing.
            if (!intent)
                co_await d->save(key);
            else if (!co_await persist(d, key, attempt, r->at)) {
                if ((r = d->find(key, attempt))) d->apply(*r, server_event::submit_not_taken);
                co_return;
            }
            break;
        case server_action::renew_attempt: attempt = co_await renew(d, key, attempt); break;
        case server_action::prepare: co_await prepare(d, key, attempt); break;
        case server_action::submit: co_await submit(d, key, attempt); break;
        case server_action::cancel: co_await cancel(d, key, attempt); break;
        case server_action::fetch_log: co_await fetch_log(d, key, attempt); break;
        case server_action::retire: co_await retire(d, key, attempt); break;
        case server_action::conclude: co_await conclude(d, key, attempt); break;
        default: break;
        }
    }
}

asio::awaitable<void> retry_submit(handle d, server_key key, std::string attempt, duration pause) {
    const record* now = d->find(key, attempt);
    auto* c = now ? d->cluster_of(*now) : nullptr;
    if (!c) co_return;
    co_await c->back->wait(d->with.time, pause, c->back->count());
    if (record* r = d->find(key, attempt)) d->apply(*r, server_event::retry_due);
}

asio::awaitable<void> probe_until_ready(handle d, server_key key, std::string attempt) {
    const auto begun = d->with.time.now();
    auto* c = d->find(key, attempt) ? d->cluster_of(*d->find(key, attempt)) : nullptr;
    if (!c) co_return;
    for (;;) {
        result<void> answer;
        {
            auto lease = co_await c->probes->acquire();
            record* r = d->find(key, attempt);
            if (!r || r->at != server_step::launching || r->s.port == 0) break;
            const auto asked = std::pair(r->s.host, r->s.port);
            answer = co_await d->with.probes.probe(r->s);
            r = d->find(key, attempt);
            if (!r || r->at != server_step::launching) break;
            if (asked != std::pair(r->s.host, r->s.port)) continue;
            if (answer) {
                r->probing = false;
                r->answered = true;
                d->apply(*r, server_event::probe_answered);
                co_return;
            }
            r->probe_words = answer.error().message;
        }
        // A tenth of the time that it has taken so far: quick for the quick, and never late by more than
        // that.
        const duration pause = (d->with.time.now() - begun) / 10;
        co_await d->with.time.sleep_for(
            std::clamp<duration>(pause, std::chrono::milliseconds(20), std::chrono::seconds(1)));
    }
    if (record* r = d->find(key, attempt)) r->probing = false;
}

} // namespace berth::scheduler
