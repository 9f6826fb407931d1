// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/culler/culler.hpp"

#include "hubapi/culler/reasons.hpp"
#include "hubapi/model/metrics.hpp"

#include <utility>
#include <vector>

namespace berth::hub {
namespace asio = boost::asio;

namespace {

struct due {
    scheduler::server_key key;
    std::string attempt, why;
};

std::vector<due> find_due(const hub& h, time_point began) {
    std::vector<due> out;
    const auto now = h.time.now();
    for (const auto* s : h.servers.all())
        if (auto why = why_culled(*s, limits_of(h.config.culling, s->profile), began, now)) out.push_back({s->key, s->attempt, std::move(*why)});
    return out;
}

asio::awaitable<void> cull(hub& h, due d) {
    const auto* s = h.servers.find(d.key);
    if (!s || s->attempt != d.attempt || s->state == scheduler::phase::stopping) co_return; // not any more
    h.log.info("server.culled", {{"user", s->user_name}, {"server", d.key.name}, {"why", d.why}});
    h.metrics.culled();
    if (auto done = co_await h.servers.stop(d.key, false, std::move(d.why)); !done)
        h.log.warning("server.cull_not_saved", {{"user_id", d.key.user_id}, {"server", d.key.name}, {"why", done.error()}});
}

} // namespace

asio::awaitable<void> keep_culling(hub& h) {
    const auto began = h.time.now();
    for (;;) {
        co_await h.time.sleep_for(h.config.culling.interval);
        for (auto& d : find_due(h, began)) co_await cull(h, std::move(d));
    }
}

} // namespace berth::hub
