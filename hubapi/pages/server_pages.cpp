// SPDX-License-Identifier: BSD-3-Clause
// A server that is not there (yet): /hub/spawn-pending, /hub/user/..., /hub/user-redirect/... (hub contract,
// section 5).
#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/urls.hpp"
#include "hubapi/pages/page.hpp"
#include "scheduler/script/options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace berth::pages {

namespace {

constexpr int redirect_limit = 4;

// Where a visit that ended here may go on to: `next` of a pending page, the link itself elsewhere.
response not_running(site_pages p, const hub::principal& who, const request& r, const subject& s, int status,
                     std::string next) {
    response cookies;
    auto f = frame_of(p, r, cookies);
    f.announcement = p.h.config.site.announcement_spawn;
    const auto& base = p.h.config.base_url;
    const auto spawn = hub::spawn_path(base, s.user, s.server);
    const auto* server = p.h.servers.find(s.key());
    not_running_view v;
    const auto name = server_title(s.server, server ? server->display_name : "");
    v.server_title = s.server.empty() ? "Your server" : fmt::format("Your server “{}”", name);
    if (s.user_id != who.user_id) v.server_title = fmt::format("The server {} of {}", name, s.user);
    v.path = next;
    if (who.scopes->covers("start:servers", auth::target::of_server(s.user, s.server), p.h.who)) {
        if (p.h.config.implicit_spawn) {
            v.start_url = with_next(spawn, next);
        } else {
            v.start_action = with_next(
                fmt::format("{}hub/start/{}", base, spawn.substr((base + "hub/spawn/").size())), next);
            if (!p.h.config.catalogue.profiles.empty()) v.change_url = with_next(spawn, next);
        }
    }
    if (server) v.options = scheduler::in_words(server->fields);
    auto answer = show(p, std::move(cookies), status, p.draw.not_running(f, v), true);
    // A link to a stopped server starts it where the configuration says so; not for another site's page.
    if (status == 424 && !v.start_url.empty() && r.header("Sec-Fetch-Site") != "cross-site")
        answer.headers.set("Refresh", "1; url=" + v.start_url);
    return answer;
}

response failed(site_pages p, const request& r, const scheduler::server& s, std::string_view next) {
    response cookies;
    const auto f = frame_of(p, r, cookies);
    auto v = failed_of(s, p.about(), r.id);
    v.again_action = with_next(v.again_action, next);
    v.change_url = with_next(v.change_url, next);
    return show(p, std::move(cookies), 500, p.draw.failed(f, v), true);
}

response pending(site_pages p, const request& r, const scheduler::server& s) {
    response cookies;
    auto f = frame_of(p, r, cookies);
    f.refresh = "3";
    auto v = pending_of(s, p.about());
    if (!v.stopping)
        v.progress_url = hub::progress_path(p.h.config.base_url, s.user_name, s.key.name) +
                         "?_xsrf=" + percent_encode(f.xsrf);
    return show(p, std::move(cookies), 200, p.draw.pending(f, v), true);
}

asio::awaitable<response> spawn_pending(site_pages p, hub::principal who, request r) {
    const auto subject = subject_of(p, who, r, "read:servers");
    if (!subject) co_return error_page(p, r, 404);
    const auto* s = p.h.servers.find(subject->key());
    if (!s && !subject->server.empty()) co_return error_page(p, r, 404);
    const auto next = next_of(r);
    if (s && s->ready()) co_return http::make_redirect(next.empty() ? s->url_path : next);
    if (s && s->active()) co_return pending(p, r, *s);
    if (s && s->failure) co_return failed(p, r, *s, next);
    co_return not_running(p, who, r, *subject, 200, next);
}

// ---- /hub/user/NAME/...: where the front door sends what it has no route for
// ---------------------------------------

// The request's address as it was before "hub/" came into it, without ?redirects=: "/user/al/lab?x=1".
std::string original(site_pages p, const request& r) {
    auto path = p.h.config.base_url + r.path.substr(std::string_view("/hub/").size());
    http::name_values rest = r.query;
    std::erase_if(rest, [](const auto& q) { return q.first == "redirects"; });
    const bool whole = rest.size() == r.query.size();
    const auto query = whole ? r.raw_query : http::to_urlencoded(rest);
    return query.empty() ? path : path + "?" + query;
}

int redirects_so_far(const request& r) {
    const auto text = field(r.query, "redirects");
    int n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    return std::clamp(n, 0, redirect_limit);
}

// The front door did not know the route a moment ago: go there again, more slowly each time.
asio::awaitable<response> go_there(site_pages p, request r) {
    const int n = redirects_so_far(r);
    if (n >= redirect_limit)
        co_return error_page(
            p, r, 500, "Redirect loop detected.",
            "The front door does not find the server that the hub sees running. Tell an administrator.");
    if (n > 0) co_await p.h.time.sleep_for(std::chrono::seconds(std::min(1 << n, 10)));
    auto url = original(p, r);
    url += fmt::format("{}redirects={}", url.find('?') == std::string::npos ? "?" : "&", n + 1);
    co_return http::make_redirect(std::move(url));
}

bool asks_api(const request& r) {
    return r.prefers("application/json") || ("/" + r.param("rest") + "/").find("/api/") != std::string::npos;
}

response gone_json(site_pages p, const request& r, const subject& s) {
    const auto origin = p.h.config.public_url.empty() ? r.scheme + "://" + r.host : p.h.config.public_url;
    const auto path = original(p, r);
    const nlohmann::json body{
        {"message", fmt::format("JupyterHub server no longer running at {}. Restart the server at {}{}",
                                path.substr(0, path.find('?')), origin,
                                hub::spawn_path(p.h.config.base_url, s.user, s.server))}};
    auto answer = http::make_json(424, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    answer.headers.set("Cache-Control", "no-store");
    return answer;
}

asio::awaitable<response> user_url(site_pages p, request r) {
    auto known = hub::authenticate(p.h, r); // programs come here with their token
    if (!known) co_return to_sign_in(p, r);
    const auto who = std::move(*known);
    auto rest = r.param("rest");
    r.params["server"] = "";
    auto s = subject_of(p, who, r, "access:servers");
    const auto* u = p.h.who.find(r.param("user"));
    const auto first = rest.substr(0, rest.find('/'));
    if (u && !first.empty() && p.h.servers.find({u->id, first})) { // a named server's own place
        r.params["server"] = first;
        s = subject_of(p, who, r, "access:servers");
    }
    if (!s) co_return error_page(p, r, 404);
    const auto* server = p.h.servers.find(s->key());
    if (server && server->ready()) co_return co_await go_there(p, std::move(r));
    if (asks_api(r)) co_return gone_json(p, r, *s);
    const auto link = original(p, r);
    if (server && (server->active() || server->failure)) {
        co_return http::make_redirect(
            with_next(hub::spawn_pending_path(p.h.config.base_url, s->user, s->server), link), 303);
    }
    co_return not_running(p, who, r, *s, 424, link);
}

asio::awaitable<response> user_redirect(site_pages p, hub::principal who, request r) {
    const auto place = r.path.substr(std::string_view("/hub/user-redirect/").size());
    auto target = hub::server_path(p.h.config.base_url, who.name, "") + place;
    if (!r.raw_query.empty()) target += "?" + r.raw_query;
    co_return http::make_redirect(with_next(hub::spawn_path(p.h.config.base_url, who.name, ""), target));
}

} // namespace

void add_server_pages(http::router& routes, site_pages p) {
    add_page(routes, p, "GET", "/hub/spawn-pending/{user}", spawn_pending);
    add_page(routes, p, "GET", "/hub/spawn-pending/{user}/{server}", spawn_pending);
    add_open(routes, p, "GET", "/hub/user/{user}", user_url);
    add_open(routes, p, "GET", "/hub/user/{user}/{rest*}", user_url);
    add_page(routes, p, "GET", "/hub/user-redirect/{rest*}", user_redirect);
}

} // namespace berth::pages
