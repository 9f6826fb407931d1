// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/reload.hpp"

#include "daemon/http/tls_context.hpp"
#include "daemon/main/hub_settings.hpp"
#include "daemon/main/reload_plan.hpp"
#include "scheduler/local/local_backend.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace berth::config {
namespace asio = boost::asio;

namespace {

using batch_clusters = std::map<std::string, scheduler::batch_settings>; // by name

// All of a file that can be wrong has been looked at.
struct prepared {
    configuration read;
    batch_clusters clusters;
};
using looked_at = std::expected<prepared, std::vector<problem>>;

looked_at look_at(const std::string& file) {
    auto read_now = read(file);
    if (!read_now) return std::unexpected(std::move(read_now.error()));
    prepared out{std::move(*read_now), {}};
    report to{file, {}};
    for (const auto& k : out.read.clusters) {
        if (k.backend == "local") continue;
        auto made = batch_settings_of(k);
        if (made)
            out.clusters[k.name] = std::move(*made);
        else
            to.add(0, "cluster." + k.name, made.error().message);
    }
    if (const auto& tls = out.read.tls; !tls.certificate.empty())
        if (auto loaded = http::load_tls({tls.certificate, tls.key}); !loaded)
            to.add(0, "tls", loaded.error().message);
    if (!to.problems.empty()) return std::unexpected(std::move(to.problems));
    return out;
}

// Files may be slow: on a thread of its own.
asio::awaitable<looked_at> look_elsewhere(std::string file) { co_return look_at(file); }

void tell_rejected(logger& log, const std::vector<problem>& problems) {
    for (const auto& p : problems)
        log.error("config.rejected",
                  {{"file", p.file}, {"line", p.line}, {"key", p.key}, {"problem", p.message}});
    log.error("config.kept", {{"problems", problems.size()}, {"note", "nothing has changed"}});
}

// No wait in between: a request sees the old settings or the new ones.
void apply(reloadable& hub, configuration next, const batch_clusters& clusters) {
    hub.retired.push_back({std::exchange(hub.c, std::move(next)), std::exchange(hub.settings, {})});
    hub.settings = hub_settings(hub.c);
    hub.log.change(hub.c.level, hub.c.format);
    hub.may.change(*auth::make_roles(hub.c.roles, hub.c.custom_scopes), hub.services.values(), hub.c.custom_scopes); // checked with the file
    hub.sessions.change_max_age(hub.c.hub.cookie_max_age);
    std::map<std::string, scheduler::cluster_settings> settings;
    for (const auto& k : hub.c.clusters)
        settings[k.name] = k.backend == "local" ? scheduler::local_settings(k.settings) : k.settings;
    hub.servers.change({hub.c.hub.concurrent_spawn_limit, hub.c.hub.active_server_limit}, settings);
    for (const auto& [name, settings_of_jobs] : clusters)
        if (const auto at = hub.places.find(name); at != hub.places.end()) at->second->change(settings_of_jobs);
}

} // namespace

asio::awaitable<void> reload(reloadable hub) {
    asio::thread_pool elsewhere(1);
    auto looked = co_await asio::co_spawn(elsewhere, look_elsewhere(hub.c.file), asio::use_awaitable);
    if (!looked) co_return tell_rejected(hub.log, looked.error());
    auto plan = plan_reload(hub.c, looked->read);
    auto services = managed_of(plan.next);
    if (!services) co_return tell_rejected(hub.log, {{hub.c.file, 0, "service", services.error().message}});
    co_await hub.services.make_way(hub_settings(plan.next).services); // one of them may come with the token that it had
    auto tokens = configured_tokens(plan.next, hub.d);
    std::ranges::move(hub.managed.tokens(), std::back_inserter(tokens)); // of those that run; who has to go loses it with its end
    if (auto ok = hub.tokens.replace_configured(std::move(tokens)); !ok)
        co_return tell_rejected(hub.log, {{hub.c.file, 0, "service", ok.error().message}});
    apply(hub, std::move(plan.next), looked->clusters);
    hub.log.info("config.applied", {{"keys", fmt::format("{}", fmt::join(plan.now, " "))}});
    for (const auto& key : plan.later)
        hub.log.warning("config.waits", {{"key", key}, {"note", "changes with the next restart"}});
    co_await hub.managed.change(std::move(*services));
    if (auto made = co_await make_admins(hub.who, hub.c.hub.admin_users); !made)
        hub.log.error("config.admins_not_made", {{"error", made.error()}});
    const auto& blocked = hub.c.login.rules.blocked_users;
    co_await end_blocked_sessions(hub.who, hub.sessions, hub.log, {blocked.begin(), blocked.end()});
    if (!hub.door) co_return;
    if (auto done = co_await hub.door->reload(); !done)
        hub.log.warning("proxy.not_reloaded", {{"error", done.error()}});
}

asio::awaitable<result<void>> make_admins(hub::people& who, std::vector<std::string> names) {
    std::vector<std::string> missing;
    for (const auto& name : names)
        if (const auto* u = who.find(name); !u)
            missing.push_back(name);
        else if (auto ok = co_await who.set_admin(u->id, true); !ok)
            co_return ok;
    auto made = co_await who.create_users(std::move(missing), true);
    if (!made) co_return fail(made.error());
    co_return result<void>{};
}

asio::awaitable<void> end_blocked_sessions(hub::people& who, auth::session_store& sessions, logger& log,
                                           std::vector<std::string> blocked) {
    for (const auto& name : blocked) {
        const auto* u = who.find(name);
        if (!u) continue;
        const auto id = u->id;
        const auto count = sessions.of_user(id).size();
        if (count == 0) continue;
        if (auto done = co_await sessions.end_user(id); !done)
            log.error("session.blocked_not_ended", {{"user", name}, {"error", done.error()}});
        else
            log.info("session.blocked", {{"user", name}, {"ended", count}});
    }
}

} // namespace berth::config
