// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/people.hpp"

#include <fmt/format.h>

namespace berth::simulation {
namespace {

std::string_view name_of(people::wish w) {
    switch (w) {
    case people::wish::start: return "start";
    case people::wish::stop: return "stop";
    case people::wish::remove: return "stop and remove";
    case people::wish::define: return "define";
    case people::wish::dismiss: return "dismiss";
    }
    return "?";
}

bool is_refusal(errc code) {
    return code == errc::conflict || code == errc::not_found || code == errc::limit_exceeded;
}

} // namespace

people::people(nature& n, int users) : n_(n) {
    for (int u = 1; u <= users; ++u)
        for (const auto* name : {"", "n1"})
            if (*name == '\0' || u == 1) accounts_.push_back({{u, name}, fmt::format("user{}", u), {}});
}

scheduler::start_request people::order(const account& a) const {
    scheduler::start_request q;
    q.key = a.key;
    q.user_name = a.user;
    q.url_path = fmt::format("/user/{}/{}", a.user, a.key.name.empty() ? "" : a.key.name + "/");
    q.cluster = "hpc";
    q.user_options = "{}";
    return q;
}

void people::ask(hub_process& hub, account& a, wish what) {
    auto& mine = a.requests.emplace_back(request{what});
    const auto done = [this, &mine, who = ledger::key_of(a.key.user_id, a.key.name)](const result<void>& r) {
        mine.heard = r ? answer::good : is_refusal(r.error().code) ? answer::refused : answer::bad;
        n_.time.tell(
            [&] { return fmt::format("{} {}: {}", who, name_of(mine.what), r ? "ok" : r.error().message); });
        // A stop is accepted in every state.
        const bool stops = mine.what == wish::stop || mine.what == wish::remove;
        if (stops && !r && (r.error().code == errc::conflict || r.error().code == errc::limit_exceeded))
            n_.broken(who + ": a stop was refused: " + r.error().message);
    };
    n_.time.tell([&] { return fmt::format("{}/{} asks: {}", a.user, a.key.name, name_of(what)); });
    auto& servers = hub.servers();
    switch (what) {
    case wish::start: return hub.ask(servers.start(order(a)), done);
    case wish::stop: return hub.ask(servers.stop(a.key, false), done);
    case wish::remove: return hub.ask(servers.stop(a.key, true), done);
    case wish::define: return hub.ask(servers.define(order(a)), done);
    case wish::dismiss: return hub.ask(servers.dismiss(a.key), done);
    }
}

void people::act(hub_process& hub) {
    auto& a = accounts_[static_cast<std::size_t>(n_.chance.below(static_cast<int>(accounts_.size())))];
    const int roll = n_.chance.below(100);
    if (roll < 55)
        ask(hub, a, wish::start);
    else if (roll < 75)
        ask(hub, a, wish::stop);
    else if (roll < 85)
        ask(hub, a, wish::remove);
    else if (roll < 90)
        ask(hub, a, wish::define);
    else if (roll < 95)
        ask(hub, a, wish::dismiss);
    else
        hub.servers().touch(a.key, n_.time.now());
}

people::expectation people::expected(const account& a) {
    expectation e;
    for (const auto& r : a.requests) {
        if (r.heard == answer::refused) continue;
        if (r.what == wish::dismiss) {
            e.reason_dismissed = true;
        } else if (r.what == wish::define) {
            // Of a server that has stopped: it stays so, but is there (again).
            if (e.what == wish::remove) e.known = false;
        } else {
            e = {r.heard == answer::good, r.what, false};
        }
    }
    return e;
}

} // namespace berth::simulation
