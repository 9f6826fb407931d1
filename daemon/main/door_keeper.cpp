// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/door_keeper.hpp"

#include <algorithm>
#include <utility>

namespace berth::config {
namespace asio = boost::asio;
namespace {

using namespace std::chrono_literals;

constexpr duration look = 1s, first_wait = 300ms, longest_wait = 60s;
constexpr duration routes_looked_at = 60s, routes_missed = 2s;
constexpr duration quick = 1s, patient = 30s; // for one call, tried once

} // namespace

proxy::route_client door_keeper::client(duration deadline) const {
    return {in_.http, in_.time, in_.log, {door_api(in_.c, in_.d), in_.d.proxy_token, deadline, 1}};
}

asio::awaitable<void> door_keeper::learn(door_routes& routes, const scheduler::spawner& servers) {
    auto door = client(quick);
    if (!in_.c.proxy.external) {
        if (co_await in_.sync(door)) routes.there(servers); // else keep_routes says why
        co_return;
    }
    if (const auto list = co_await door.list()) routes.there(*list);
}

asio::awaitable<void> door_keeper::keep_routes() {
    for (;;) {
        auto done = co_await in_.sync(in_.door);
        if (!done) in_.log.warning("proxy.unreachable", {{"error", done.error()}});
        if (done)
            co_await until_routes_are_due();
        else
            co_await in_.time.sleep_for(routes_missed);
    }
}

// A configurable-http-proxy that was started again has lost its routes and tells nobody: the loss of one stands for
// that of all. Where there is none to ask for, the table is short, and looking at it costs no more.
asio::awaitable<void> door_keeper::until_routes_are_due() {
    if (!in_.c.proxy.external) co_return co_await in_.time.sleep_for(routes_looked_at);
    auto door = client(quick);
    for (duration left = routes_looked_at; left.count() > 0; left -= routes_missed) {
        co_await in_.time.sleep_for(routes_missed);
        const auto route = in_.one_route();
        if (route.empty()) co_return;
        const auto there = co_await door.has(route);
        if (there && *there) continue;
        in_.log.warning("proxy.route_missing", {{"route", route}});
        co_return;
    }
}

asio::awaitable<void> door_keeper::keep_door() {
    auto pause = look;
    auto known = door_opener(in_.d);
    for (bool away = false;;) {
        co_await in_.time.sleep_for(pause);
        if (const auto now = door_opener(in_.d)) {
            pause = look;
            const bool other = *now != 0 && std::exchange(known, now) != now;
            if (!std::exchange(away, false) && !other) continue;
            auto done = co_await in_.sync(in_.door);
            if (done) in_.log.info("proxy.back");
            continue;
        }
        const bool first = !std::exchange(away, true);
        if (in_.apart) continue;
        pause = first ? first_wait : std::min(pause * 2, longest_wait);
        launch();
    }
}

void door_keeper::launch() {
    auto child = launch_door(in_.c, in_.d);
    in_.log.warning("proxy.restarted", {{"result", child ? std::string("started") : child.error().message},
                                        {"log", in_.d.file("proxy.log")}});
    if (child) started(std::move(*child));
}

asio::awaitable<void> door_keeper::renew() {
    auto door = client(patient);
    const auto now = co_await door.status();
    if (!now || !now->outdated) co_return;
    const auto next = co_await door.replace_door();
    if (next)
        in_.log.info("proxy.renewed", {{"pid", *next}, {"was", now->version}});
    else
        in_.log.warning("proxy.not_renewed",
                        {{"error", next.error()},
                         {"remedy", "the old front door goes on; berth proxy --replace tries again"}});
}

} // namespace berth::config
