// SPDX-License-Identifier: BSD-3-Clause
// /hub/home, and what its buttons do: start, stop, dismiss, delete.
#include "auth/credentials/user_credentials.hpp"
#include "hubapi/model/spawn_credentials.hpp"
#include "hubapi/model/servers.hpp"
#include "hubapi/model/urls.hpp"
#include "hubapi/pages/page.hpp"
#include "hubapi/pages/provider_sign_in.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace berth::pages {

namespace {

constexpr auto see_other = 303; // after a form: the browser gets the next page

std::vector<cluster_notice> clusters_down(site_pages p, const std::vector<const scheduler::server*>& mine) {
    std::set<std::string> names;
    for (const auto& [name, fields] : p.h.config.catalogue.clusters) names.insert(name);
    for (const auto* s : mine) names.insert(s->cluster);
    std::vector<cluster_notice> out;
    for (const auto& name : names) {
        const auto health = p.h.servers.health(name);
        if (health.down_since)
            out.push_back({name, health.why, moment_of(health.down_since, p.h.time.now())});
    }
    return out;
}

// Said from what is known: a look at this page asks the identity provider nothing.
std::string credential_notice(site_pages p, const hub::principal& who) {
    const auto* u = p.h.who.find(who.user_id);
    if (!u || !p.h.identity.credentials) return "";
    const auto all = p.h.identity.credentials->of_user(u->id);
    const bool ended = std::ranges::all_of(all, [](const auto& c) { return c.health == auth::credential_health::sign_in_again; });
    if (!ended || p.h.identity.spawns->policy_of(*u) != auth::credential_policy::require) return "";
    return fmt::format("Starting a server leads by way of {}: it needs you to sign in there again.", p.h.identity.provider_name);
}

asio::awaitable<response> home(site_pages p, hub::principal who, request r) {
    response cookies;
    auto f = frame_of(p, r, cookies, "home");
    f.announcement = p.h.config.site.announcement_home;
    const auto mine = p.h.servers.of_user(who.user_id);
    const auto about = p.about();
    home_view v;
    const bool has_default = std::ranges::any_of(mine, [](const auto* s) { return s->key.name.empty(); });
    if (!mine.empty() && !has_default) v.servers.push_back(card_of_nothing(who.name, about));
    for (const auto* s : mine) v.servers.push_back(card_of(*s, about));
    if (std::ranges::any_of(v.servers, &server_card::busy)) f.refresh = "5";
    v.title_state = summary(v.servers);
    v.shared = shared_with(p, who);
    v.down = clusters_down(p, mine);
    v.start_url = p.path("spawn");
    v.notice = credential_notice(p, who);
    if (hub::may_have_another(p.h, who.user_id)) v.new_url = p.path("new");
    co_return show(p, std::move(cookies), 200, p.draw.home(f, v), true);
}

// One press: the same options as the last time. Where these do not do, the form says why.
asio::awaitable<response> start(site_pages p, hub::principal who, request r) {
    const auto s = subject_of(p, who, r, "start:servers");
    if (!s) co_return error_page(p, r, 404);
    const auto next = next_of(r);
    hub::start_order order;
    order.user_id = s->user_id;
    order.server = s->server;
    const auto started = co_await hub::start_server(p.h, order);
    if (auto way = by_way_of_the_provider(p, who, r, started, order, next)) co_return std::move(*way);
    const auto& base = p.h.config.base_url;
    if (!started && started.error().code == errc::invalid_argument)
        co_return http::make_redirect(with_next(hub::spawn_path(base, s->user, s->server), next), see_other);
    if (!started && is_busy(p, started.error(), *s)) co_return busy_page(p, r, started.error(), r.target, {});
    if (!started && started.error().code != errc::conflict) co_return failure_page(p, r, started.error());
    co_return http::make_redirect(with_next(hub::spawn_pending_path(base, s->user, s->server), next),
                                  see_other);
}

asio::awaitable<response> stop(site_pages p, hub::principal who, request r) {
    const auto s = subject_of(p, who, r, "delete:servers");
    if (!s) co_return error_page(p, r, 404);
    const auto done = co_await hub::stop_server(p.h, s->key(), false);
    if (!done && done.error().code != errc::not_found) co_return failure_page(p, r, done.error());
    co_return http::make_redirect(p.path("home"), see_other);
}

asio::awaitable<response> dismiss(site_pages p, hub::principal who, request r) {
    const auto s = subject_of(p, who, r, "start:servers");
    if (!s) co_return error_page(p, r, 404);
    const auto done = co_await p.h.servers.dismiss(s->key());
    if (!done && done.error().code != errc::not_found) co_return failure_page(p, r, done.error());
    co_return http::make_redirect(p.path("home"), see_other);
}

asio::awaitable<response> ask_delete(site_pages p, hub::principal who, request r) {
    const auto s = subject_of(p, who, r, "delete:servers");
    const auto* server = s ? p.h.servers.find(s->key()) : nullptr;
    if (!server || s->server.empty()) co_return error_page(p, r, 404);
    response cookies;
    const auto f = frame_of(p, r, cookies);
    ask_view v;
    v.title = "Delete?";
    v.question = fmt::format("Delete the server “{}”?", server_title(server->key.name, server->display_name));
    v.consequence = "It stops if it runs, and the hub forgets its options and its last log. Your files stay.";
    v.action = action_url(p.about(), "delete", *server);
    v.verb = "Delete";
    v.back_url = p.path("home");
    co_return show(p, std::move(cookies), 200, p.draw.ask(f, v), true);
}

asio::awaitable<response> do_delete(site_pages p, hub::principal who, request r) {
    const auto s = subject_of(p, who, r, "delete:servers");
    if (!s || s->server.empty()) co_return error_page(p, r, 404);
    const auto done = co_await hub::stop_server(p.h, s->key(), true);
    if (!done && done.error().code != errc::not_found) co_return failure_page(p, r, done.error());
    co_return http::make_redirect(p.path("home"), see_other);
}

} // namespace

void add_home_pages(http::router& routes, site_pages p) {
    add_page(routes, p, "GET", "/hub/home", home);
    const auto both = [&](std::string_view method, const std::string& verb, page_handler handler) {
        add_page(routes, p, method, "/hub/" + verb + "/{user}", handler);
        add_page(routes, p, method, "/hub/" + verb + "/{user}/{server}", handler);
    };
    both("POST", "start", start);
    both("POST", "stop", stop);
    both("POST", "dismiss", dismiss);
    both("GET", "delete", ask_delete);
    both("POST", "delete", do_delete);
}

} // namespace berth::pages
