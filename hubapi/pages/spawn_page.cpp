// SPDX-License-Identifier: BSD-3-Clause
// /hub/spawn: the form, and the start that it asks for; /hub/new: a further server.
#include "hubapi/model/order_shelf.hpp"
#include "hubapi/model/servers.hpp"
#include "hubapi/model/urls.hpp"
#include "hubapi/pages/page.hpp"
#include "hubapi/pages/provider_sign_in.hpp"
#include "hubapi/pages/spawn_form.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace berth::pages {

using nlohmann::json;

namespace {

// What went wrong with a start, beside the form that asked for it.
struct trouble {
    int status = 200;
    std::string error, name_error, name_value;
    bool judge = false;
};

response form_page(site_pages p, const hub::principal& who, const request& r, const subject& s, bool is_new,
                   const json& options, const trouble& t) {
    response cookies;
    auto f = frame_of(p, r, cookies);
    f.announcement = p.h.config.site.announcement_spawn;
    spawn_view v;
    const auto& base = p.h.config.base_url;
    const auto next = next_of(r);
    v.action = is_new ? p.path("new") : with_next(hub::spawn_path(base, s.user, s.server), next);
    if (s.user_id != who.user_id) v.for_user = s.user;
    v.server = s.server;
    v.ask_name = is_new;
    v.name_value = t.name_value;
    v.name_error = t.name_error;
    v.error = t.error;
    v.cancel_url = p.path("home");
    v.profiles = spawn_profiles(p.h.config.catalogue, options, t.judge);
    for (auto& profile : v.profiles)
        if (p.h.servers.health(profile.cluster).down_since)
            profile.cluster_down = "This cluster does not answer at the moment.";
    if (any_error(v.profiles)) v.error = "A choice is not possible: see beside it.";
    auto answer = show(p, std::move(cookies), t.status, p.draw.spawn(f, v), true);
    if (t.status == 429 || t.status == 503) answer.headers.set("Retry-After", "30");
    return answer;
}

json last_options(site_pages p, const scheduler::server_key& key) {
    const auto* s = p.h.servers.find(key);
    return s ? json::parse(s->user_options, nullptr, false) : json::object();
}

response to_pending(site_pages p, const subject& s, std::string_view next) {
    return http::make_redirect(
        with_next(hub::spawn_pending_path(p.h.config.base_url, s.user, s.server), next));
}

asio::awaitable<response> start(site_pages p, hub::principal who, request r, subject s, bool is_new,
                                std::optional<json> options) {
    hub::start_order order;
    order.user_id = s.user_id;
    order.server = s.server;
    if (options) order.user_options = options->dump(-1, ' ', false, json::error_handler_t::replace);
    const auto started = co_await hub::start_server(p.h, order);
    if (auto way = by_way_of_the_provider(p, who, r, started, order, next_of(r))) co_return std::move(*way);
    const bool there_already = !started && started.error().code == errc::conflict && !is_new;
    if (started || there_already) co_return to_pending(p, s, next_of(r));
    if (r.method == "POST" && is_busy(p, started.error(), s))
        co_return busy_page(p, r, started.error(), r.target, form_of(r));
    trouble t;
    t.status = status_of(started.error());
    t.error = started.error().message;
    t.name_value = s.server;
    t.judge = started.error().code == errc::invalid_argument;
    co_return form_page(p, who, r, s, is_new, options.value_or(last_options(p, s.key())), t);
}

// ?opt-runtime=..., or every other name but the page's own, as JupyterHub reads them.
std::optional<json> query_options(const request& r) {
    auto out = json::object();
    const bool marked =
        std::ranges::any_of(r.query, [](const auto& q) { return q.first.starts_with("opt-"); });
    for (const auto& [name, value] : r.query) {
        if (name == "next" || name == "display_name" || name == "_xsrf") continue;
        if (marked && name.starts_with("opt-")) out[name.substr(4)] = value;
        if (!marked) out[name] = value;
    }
    return out.empty() ? std::nullopt : std::optional(out);
}

// A visit starts a server only where the configuration says so, nothing needs choosing, and no other site
// sent the browser.
bool starts_by_visit(site_pages p, const request& r, const subject& s, const std::optional<json>& options) {
    if (!p.h.config.implicit_spawn || r.method != "GET" || !is_visit(r)) return false;
    return options || p.h.config.catalogue.profiles.size() <= 1 || p.h.servers.find(s.key());
}

asio::awaitable<response> get_spawn(site_pages p, hub::principal who, request r) {
    const auto s = subject_of(p, who, r, "start:servers");
    if (!s) co_return error_page(p, r, 404);
    const auto* server = p.h.servers.find(s->key());
    const auto next = next_of(r);
    if (server && server->ready()) co_return http::make_redirect(next.empty() ? server->url_path : next);
    if (server && server->active()) co_return to_pending(p, *s, next);
    if (!s->server.empty() && !p.h.config.allow_named_servers)
        co_return error_page(p, r, 400, "This hub has no named servers.");
    auto options = query_options(r);
    if (starts_by_visit(p, r, *s, options)) {
        co_return co_await start(p, std::move(who), std::move(r), *s, false, std::move(options));
    }
    co_return form_page(p, who, r, *s, false, options.value_or(last_options(p, s->key())), {});
}

// Back from the provider. The name is a secret of this browser and good once, so that no other page can start anything.
asio::awaitable<response> again(site_pages p, hub::principal who, request r) {
    auto kept = p.h.identity.shelf->take(r.param("name"), who.user_id);
    if (!kept) co_return http::make_redirect(p.path("spawn"));
    const subject s{who.user_id, who.name, kept->order.server};
    const auto options = kept->order.user_options ? json::parse(*kept->order.user_options, nullptr, false) : json::object();
    const auto started = co_await hub::start_server(p.h, std::move(kept->order));
    if (started || started.error().code == errc::conflict) co_return to_pending(p, s, kept->next);
    trouble t;
    t.status = status_of(started.error());
    t.error = started.error().message;
    co_return form_page(p, who, r, s, false, options, t);
}

json chosen_options(site_pages p, http::name_values form) {
    std::erase_if(form, [](const auto& f) { return f.first == "_xsrf" || f.first == "server_name"; });
    return scheduler::options_from_form(p.h.config.catalogue, form);
}

asio::awaitable<response> post_spawn(site_pages p, hub::principal who, request r) {
    const auto s = subject_of(p, who, r, "start:servers");
    if (!s) co_return error_page(p, r, 404);
    auto options = chosen_options(p, form_of(r));
    co_return co_await start(p, std::move(who), std::move(r), *s, false, std::move(options));
}

asio::awaitable<response> get_new(site_pages p, hub::principal who, request r) {
    if (!p.h.config.allow_named_servers) co_return error_page(p, r, 404);
    co_return form_page(p, who, r, {who.user_id, who.name, ""}, true, json::object(), {});
}

asio::awaitable<response> post_new(site_pages p, hub::principal who, request r) {
    const auto form = form_of(r);
    const subject s{who.user_id, who.name, field(form, "server_name")};
    auto options = chosen_options(p, form);
    trouble t;
    t.status = 400;
    t.error = "Its name is not possible.";
    t.name_value = s.server;
    if (!hub::valid_server_name(s.server))
        t.name_error = "Choose a name of a–z, 0–9 and single hyphens that begins with a letter.";
    else if (p.h.servers.find(s.key()))
        t.name_error = "You have a server of this name. Choose another one.";
    if (!t.name_error.empty()) co_return form_page(p, who, r, s, true, options, t);
    co_return co_await start(p, std::move(who), std::move(r), s, true, std::move(options));
}

} // namespace

void add_spawn_pages(http::router& routes, site_pages p) {
    for (const auto* pattern : {"/hub/spawn", "/hub/spawn/{user}", "/hub/spawn/{user}/{server}"}) {
        add_page(routes, p, "GET", pattern, get_spawn);
        add_page(routes, p, "POST", pattern, post_spawn);
    }
    add_page(routes, p, "GET", "/hub/spawn-again/{name}", again);
    add_page(routes, p, "GET", "/hub/new", get_new);
    add_page(routes, p, "POST", "/hub/new", post_new);
}

} // namespace berth::pages
