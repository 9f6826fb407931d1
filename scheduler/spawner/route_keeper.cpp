// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/route_keeper.hpp"

#include "daemon/runtime/stop_point.hpp"

#include <algorithm>

namespace berth::scheduler {
namespace asio = boost::asio;
namespace {
constexpr int calls_at_once = 64;
constexpr duration first_pause = std::chrono::milliseconds(100);
constexpr duration longest_pause = std::chrono::seconds(5);
} // namespace

route_keeper::route_keeper(task_scope& tasks, clock& time, logger& log, route_sink& sink,
                           std::function<void(const server_key&, const std::string&)> added)
    : tasks_(tasks)
    , time_(time)
    , log_(log)
    , sink_(sink)
    , added_(std::move(added))
    , slots_(tasks.executor(), calls_at_once) {}

void route_keeper::want(server s) { set(std::move(s), true); }
void route_keeper::drop(server s) { set(std::move(s), false); }

void route_keeper::set(server s, bool wanted) {
    const std::string url_path = s.url_path;
    auto [at, fresh] = paths_.try_emplace(url_path);
    at->second.target = std::move(s);
    at->second.wanted = wanted;
    ++at->second.generation;
    if (fresh) tasks_.spawn("route " + url_path, keep(shared_from_this(), url_path));
}

asio::awaitable<void> route_keeper::keep(std::shared_ptr<route_keeper> self, std::string url_path) {
    duration pause = first_pause;
    for (;;) {
        auto lease = std::make_unique<call_slots::lease>(co_await self->slots_.acquire());
        const path asked = self->paths_.at(url_path);
        if (asked.wanted) stop_point("route.before_add");
        result<void> done =
            asked.wanted ? co_await self->sink_.add(asked.target) : co_await self->sink_.remove(asked.target);
        if (asked.wanted) stop_point("route.added");
        lease.reset();
        const bool current = self->paths_.at(url_path).generation == asked.generation;
        if (!done) {
            self->log_.warning("route.failed",
                               {{"path", url_path}, {"wanted", asked.wanted}, {"why", done.error()}});
            co_await self->time_.sleep_for(pause);
            pause = std::min(pause * 2, longest_pause);
        } else if (current) {
            self->paths_.erase(url_path);
            if (asked.wanted) self->added_(asked.target.key, asked.target.attempt);
            co_return;
        } else {
            pause = first_pause;
        }
    }
}

} // namespace berth::scheduler
