// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/hub_process.hpp"

#include "auth/sessions/sessions.hpp"
#include "auth/tokens/tokens.hpp"
#include "daemon/http/server.hpp"
#include "daemon/main/door.hpp"
#include "daemon/main/door_keeper.hpp"
#include "daemon/main/http_prober.hpp"
#include "daemon/main/hub_settings.hpp"
#include "daemon/main/reload.hpp"
#include "daemon/main/identity_side.hpp"
#include "daemon/runtime/metrics.hpp"
#include "daemon/runtime/task.hpp"
#include "daemon/store/store.hpp"
#include "hubapi/culler/culler.hpp"
#include "hubapi/dispatch.hpp"
#include "hubapi/model/change_feed.hpp"
#include "hubapi/model/launcher.hpp"
#include "hubapi/model/metrics.hpp"
#include "hubapi/model/servers.hpp"
#include "hubapi/model/cluster_tokens.hpp"
#include "hubapi/oauth/provider.hpp"
#include "hubapi/pages/handlers.hpp"
#include "hubapi/pages/render.hpp"
#include "hubapi/openapi/routes.hpp"
#include "hubapi/rest/routes.hpp"
#include "hubapi/services/managed_services.hpp"
#include "scheduler/local/local_backend.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <nlohmann/json.hpp>

#include <list>
#include <optional>

namespace berth::config {
namespace asio = boost::asio;

// In the order of need: what comes later refers to what comes before.
struct hub_process::parts {
    parts(asio::io_context& io, adjustable_logger& l, const configuration& configured, const data_dir& dir, privileged_helpers& h, hub_options&& o)
        : executor(io.get_executor()), log(l), c(configured), d(dir), helpers(h), options(std::move(o)), tasks(executor, log), http(executor, log),
          door(http, time, log, {door_api(c, d), d.proxy_token}), routes(door), probes(http), metrics(registry),
          asked(executor, asio::steady_timer::time_point::max()) {}

    result<void> make_model();
    result<void> make_spawner();
    result<void> make_front();
    std::string own_address() const; // of the hub's listener
    std::string hub_target() const;  // the same, as the front door is told it
    asio::awaitable<result<void>> load();
    std::string one_route() const { return any_route(*servers, settings.base_url); }
    // The door's table as the records say.
    asio::awaitable<result<void>> sync(proxy::route_client& by) { return sync_routes(by, *servers, *services, settings.base_url, hub_target()); }
    asio::awaitable<void> begin_with_door();
    asio::awaitable<result<void>> tidy_shares();
    asio::awaitable<void> purge_expired_rows();
    asio::awaitable<void> stop_all_servers();
    asio::awaitable<void> session_over(auth::session ended);

    asio::any_io_executor executor;
    adjustable_logger& log;
    configuration c; // as the hub runs by it; changed by a reload only
    const data_dir& d;
    privileged_helpers& helpers;
    hub_options options;
    system_clock time;
    task_scope tasks;
    http_client http;
    proxy::route_client door;
    door_routes routes;
    http_prober probes;
    metrics_registry registry;
    hub::hub_metrics metrics;
    hub::settings settings;
    std::list<retired_settings> retired;
    std::unique_ptr<store::database> db;
    std::optional<hub::change_feed> changes;
    std::optional<hub::people> who;
    std::optional<hub::shares> shared;
    std::optional<auth::token_store> tokens;
    std::optional<auth::session_store> sessions;
    std::optional<hub::permissions> may;
    std::optional<hub::service_list> services;
    std::unique_ptr<identity_side> identity;
    std::unique_ptr<auth::password_check> passwords;
    auth::login_throttle throttle{time};
    std::optional<hub::launcher> launcher;
    std::optional<hub::cluster_tokens> cluster_tokens;
    backends places;
    std::optional<scheduler::spawner> servers;
    std::optional<hub::managed_services> managed;
    std::optional<hub::hub> hub;
    std::unique_ptr<pages::renderer> pages;
    std::optional<hub::oauth_provider> oauth;
    std::optional<pages::page_handlers> page_handlers;
    std::optional<hub::front_desk> desk;
    std::optional<http::server> listener;
    std::optional<door_keeper> keeper;
    asio::steady_timer asked; // cancelled when the API asks for a shutdown
    bool asked_with_servers = false, was_asked = false;
    time_point began = time.now();
};

hub_process::hub_process(asio::io_context& io, adjustable_logger& log, const configuration& c, const data_dir& d, privileged_helpers& helpers,
                         hub_options options)
    : parts_(std::make_unique<parts>(io, log, c, d, helpers, std::move(options))) {}
hub_process::~hub_process() = default;

result<void> hub_process::open() {
    auto& p = *parts_;
    std::vector<store::migrations> tables;
    tables.push_back(hub::people::tables());
    tables.push_back(hub::shares::tables());
    tables.push_back(auth::token_store::tables());
    tables.push_back(hub::service_list::tables());
    tables.push_back(auth::session_store::tables());
    tables.push_back(auth::user_credentials::tables());
    tables.push_back(scheduler::spawner::tables());
    auto db = store::open(p.executor, p.log, p.d.database, std::move(tables));
    if (!db) return fail(db.error());
    p.db = std::move(*db);
    p.settings = hub_settings(p.c);
    if (auto ok = p.make_model(); !ok) return ok;
    if (auto ok = p.make_spawner(); !ok) return ok;
    return p.make_front();
}

result<void> hub_process::parts::make_model() {
    changes.emplace(executor);
    who.emplace(time, *db);
    who->on_change([this](std::int64_t id, const std::string& name) { changes->user_changed(id, name); });
    shared.emplace(time, *db);
    tokens.emplace(time, log, *db);
    sessions.emplace(time, log, *db, session_settings(c, d));
    may.emplace(*who, *shared, *auth::make_roles(c.roles, c.custom_scopes), settings.services, c.custom_scopes); // the roles were checked with the configuration
    services.emplace(time, log, *db, *tokens, *may, settings);
    passwords = make_password_check(c, helpers.pam.get());
    auto made = identity_side::make({executor, http, time, log, *db, *who, *may}, c, d);
    if (!made) return fail(made.error());
    identity = std::move(*made);
    launcher.emplace(settings, *who, *may, *tokens, identity->spawns());
    return {};
}

result<void> hub_process::parts::make_spawner() {
    cluster_tokens.emplace(*who, identity->spawns());
    auto made = make_backends({executor, time, log, http, *cluster_tokens, helpers}, c, d);
    if (!made) return fail(made.error());
    places = std::move(*made);
    scheduler::spawner::parts sp{executor, time, log, *db, *launcher, routes, probes, {}, d.hub_id, {}, &metrics, nullptr};
    for (const auto& k : c.clusters)
        sp.clusters[k.name] = {places.at(k.name).get(), k.backend == "local" ? scheduler::local_settings(k.settings) : k.settings};
    sp.on_change = [this](const scheduler::server_key& key, const std::string& user) { changes->server_changed(key.user_id, user, key.name); };
    sp.limits = {c.hub.concurrent_spawn_limit, c.hub.active_server_limit};
    servers.emplace(std::move(sp));
    return {};
}

result<void> hub_process::parts::make_front() {
    hub.emplace(hub::hub{settings, time, log, *who, *shared, *may, *services, *tokens, *sessions, *passwords, throttle, *servers, metrics, {}, {}, {}, identity->parts()});
    sessions->on_end([this](const auth::session& ended) { tasks.spawn("session_over", session_over(ended)); });
    hub->disk = db.get();
    hub->changes = &*changes;
    managed.emplace(hub::managed_services::surroundings{executor, time, log, *tokens, settings, d.hub_id});
    hub->service_pid = [this](const std::string& name) { return managed->pid(name); };
    hub->list_routes = [this] { return routes_json(door); };
    hub->route_service = [this](std::string name) { return route_service(door, *services, settings.base_url, std::move(name)); };
    hub->check_routes = [this] { return sync(door); };
    hub->shut_down = [this](bool with_servers) {
        was_asked = true;
        asked_with_servers = with_servers;
        asked.cancel();
    };
    auto made = pages::renderer::make(site_of(c));
    if (!made) return fail(made.error());
    pages = std::move(*made);
    oauth.emplace(*hub, *pages);
    page_handlers.emplace(*hub, *pages);
    http::router router;
    hub::add_rest_routes(router, *hub);
    oauth->add_routes(router);
    openapi::add_routes(router, settings.public_url + settings.base_url);
    page_handlers->add_routes(router);
    desk.emplace(
        executor, *hub, std::move(router),
        [this](const http::request& r, const std::vector<std::string>& allowed) { return page_handlers->unknown(r, allowed); },
        [this](const http::request& r, int status, std::string what) {
            return pages::error_page(*hub, *pages, r, status, std::move(what), "Your servers tell how things stand.");
        });
    http::listen_settings listen;
    listen.address = own_address();
    listen.base_url = settings.base_url;
    listener.emplace(executor, log, std::move(listen), [this](http::request r) { return desk->answer(std::move(r)); });
    return {};
}

std::string hub_process::parts::own_address() const { return c.proxy.external ? "127.0.0.1:0" : "unix:" + d.file("hub.sock"); }

std::string hub_process::parts::hub_target() const {
    return c.proxy.external ? listener->address() : "http+unix:" + d.file("hub.sock");
}

// However a session ends, its OAuth tokens and its websockets end with it.
asio::awaitable<void> hub_process::parts::session_over(auth::session ended) {
    if (c.hub.strict_session_id) { // signing out by hand revokes them in any case (hubapi/pages)
        if (auto done = co_await tokens->revoke_session(ended.user_id, ended.session_id); !done) log.error("session.tokens_not_revoked", {{"error", done.error()}});
        if (auto done = co_await door.session_ended(ended.session_id); !done) log.warning("session.end_not_told", {{"error", done.error()}});
    }
    co_await identity->session_over(std::move(ended));
}

asio::awaitable<result<void>> hub_process::parts::load() {
    if (auto ok = co_await who->load(); !ok) co_return ok;
    if (auto ok = co_await shared->load(); !ok) co_return ok;
    if (auto ok = co_await tokens->load(); !ok) co_return ok;
    if (auto ok = co_await services->load(); !ok) co_return ok;
    if (auto ok = co_await sessions->load(); !ok) co_return ok;
    if (auto ok = co_await identity->load(); !ok) co_return ok;
    co_await identity->tidy_up(*sessions);
    if (auto ok = co_await servers->load(); !ok) co_return ok;
    if (auto ok = co_await tidy_shares(); !ok) log.warning("share.not_forgotten", {{"why", ok.error()}});
    for (auto& [secret_value, record] : configured_tokens(c, d))
        if (auto ok = tokens->add_configured(secret_value, record); !ok) co_return ok;
    const auto& blocked = c.login.rules.blocked_users;
    co_await end_blocked_sessions(*who, *sessions, log, {blocked.begin(), blocked.end()});
    co_return co_await make_admins(*who, c.hub.admin_users);
}

asio::awaitable<result<void>> hub_process::parts::tidy_shares() {
    co_return co_await shared->keep_only(
        [this](const scheduler::server_key& key) { return who->find(key.user_id) && (key.name.empty() || servers->find(key)); },
        [this](const hub::grantee& with) { return with.is_group ? who->groups().contains(with.id) : who->find(with.id) != nullptr; });
}

asio::awaitable<void> hub_process::parts::purge_expired_rows() {
    for (;;) {
        co_await time.sleep_for(std::chrono::hours(1));
        if (auto done = co_await tokens->purge_expired(); !done) log.warning("token.purge_failed", {{"error", done.error()}});
        if (auto done = co_await shared->purge_expired(); !done) log.warning("share.purge_failed", {{"error", done.error()}});
        if (auto done = co_await sessions->purge_expired(); !done) log.warning("session.purge_failed", {{"error", done.error()}});
    }
}

asio::awaitable<void> hub_process::parts::begin_with_door() {
    keeper.emplace(door_keeper::surroundings{executor, time, log, http, c, d, door, [this](proxy::route_client& by) { return sync(by); }, [this] { return one_route(); }, options.door_apart});
    if (options.door) keeper->started(std::move(*options.door));
    co_await keeper->learn(routes, *servers);
    tasks.spawn("keep_routes", keeper->keep_routes());
    if (c.proxy.external) co_return;
    tasks.spawn("keep_door", keeper->keep_door());
    tasks.spawn("renew_door", keeper->renew());
}

asio::awaitable<result<void>> hub_process::start() {
    auto& p = *parts_;
    auto services = managed_of(p.c);
    if (!services) co_return fail(services.error());
    if (auto ok = co_await p.load(); !ok) co_return ok;
    if (auto ok = p.listener->start(); !ok) co_return ok;
    co_await p.begin_with_door();
    p.servers->run();
    p.managed->begin(std::move(*services)); // they ask the API as soon as they run
    p.tasks.spawn("purge_expired", p.purge_expired_rows());
    p.tasks.spawn("cull", hub::keep_culling(*p.hub));
    const auto took = p.time.now() - p.began;
    p.metrics.started(took);
    p.log.info("hub.started", {{"version", BERTH_VERSION}, {"listen", p.c.hub.listen}, {"users", p.who->users().size()},
                               {"servers", p.servers->active_count()}, {"ms", took.count() / 1000}});
    co_return result<void>{};
}

asio::awaitable<void> hub_process::reload() {
    auto& p = *parts_;
    if (p.c.file.empty()) co_return p.log.info("config.applied", {{"keys", ""}, {"note", "there is no configuration file"}});
    co_await config::reload({p.c, p.d, p.log, p.settings, *p.who, *p.may, *p.services, *p.tokens, *p.sessions, *p.servers, p.places,
                             p.c.proxy.external ? nullptr : &p.door, p.retired, *p.managed});
    if (auto done = co_await p.sync(p.door); !done) p.log.warning("service.routes_not_told", {{"why", done.error()}}); // tried again regularly
}

asio::awaitable<void> hub_process::parts::stop_all_servers() {
    std::vector<scheduler::server_key> keys;
    for (const auto* s : servers->all())
        if (s->active()) keys.push_back(s->key);
    for (const auto& key : keys) (void)co_await servers->stop(key, false);
    const auto end = time.now() + std::chrono::seconds(15); // for all together: `berth stop` waits for 30
    for (const auto& key : keys) co_await hub::settled(*hub, key, std::max(duration::zero(), end - time.now()));
}

asio::awaitable<void> hub_process::stop(bool stop_servers) {
    auto& p = *parts_;
    if (stop_servers || p.c.hub.stop_servers_on_exit) co_await p.stop_all_servers();
    co_await p.managed->stop();
    co_await p.listener->stop(std::chrono::seconds(5));
    co_await p.servers->shut_down();
    co_await p.identity->shut_down();
    p.tasks.cancel();
    if (auto done = co_await p.tasks.join(std::chrono::seconds(5)); !done) p.log.warning("hub.stop_slow", {{"error", done.error()}});
    co_await p.db->close();
    p.log.info("hub.stopped");
}

asio::awaitable<bool> hub_process::shutdown_asked() {
    auto& p = *parts_;
    boost::system::error_code ec;
    while (!p.was_asked) co_await p.asked.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    co_return p.asked_with_servers;
}

} // namespace berth::config
