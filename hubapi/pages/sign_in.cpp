// SPDX-License-Identifier: BSD-3-Clause
// /hub/login, /hub/logout, /hub/ (hub contract, section 4).
#include "auth/credentials/user_credentials.hpp"
#include "auth/login/oidc.hpp"
#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/metrics.hpp"
#include "hubapi/model/sign_in.hpp"
#include "hubapi/model/urls.hpp"
#include "hubapi/pages/header_sign_in.hpp"
#include "hubapi/pages/page.hpp"
#include "hubapi/pages/provider_sign_in.hpp"
#include "hubapi/pages/token_link.hpp"

#include <fmt/format.h>

namespace berth::pages {

std::string own_place(site_pages p, std::int64_t user_id) {
    const auto* s = p.h.servers.find({user_id, ""});
    if (s && s->ready()) return s->url_path;
    if (s && s->active()) return hub::spawn_pending_path(p.h.config.base_url, s->user_name, "");
    const bool known = !p.h.servers.of_user(user_id).empty();
    return p.path(known && !p.h.config.implicit_spawn ? "home" : "spawn");
}

namespace {

std::string destination(site_pages p, const request& r, std::int64_t user_id) {
    auto next = next_of(r);
    return next.empty() ? own_place(p, user_id) : next;
}

bool loopback(std::string_view host) {
    return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
}

response login_page(site_pages p, const request& r, int status, std::string username, std::string error) {
    response cookies;
    auto f = frame_of(p, r, cookies);
    f.announcement = p.h.config.site.announcement_login;
    login_view v;
    v.action = p.path("login?next=") + percent_encode(field(r.query, "next"));
    v.username = std::move(username);
    v.error = std::move(error);
    v.insecure = r.scheme == "http" && !loopback(r.host);
    return show(p, std::move(cookies), status, p.draw.login(f, v), false);
}

// Who is not signed in yet.
asio::awaitable<response> welcome(site_pages p, request r) {
    const bool by_header = !p.h.identity.user_header.empty();
    if (!p.h.identity.sign_in && !by_header) co_return login_page(p, r, 200, "", "");
    if (!field(r.query, "signed_out").empty()) co_return signed_out_page(p, r);
    if (by_header) co_return co_await sign_in_by_header(p, std::move(r));
    co_return co_await begin_at_provider(p, std::move(r));
}

asio::awaitable<response> get_login(site_pages p, request r) {
    if (!field(r.query, "token").empty()) co_return co_await sign_in_by_link(p, std::move(r));
    const auto* s = p.h.sessions.find(r);
    if (!s || !p.h.who.find(s->user_id)) co_return co_await welcome(p, std::move(r));
    auto answer = http::make_redirect(destination(p, r, s->user_id));
    // JupyterHub renews the cookie here; scripts that sign in by hand take it from this answer.
    http::cookie xsrf{"_xsrf", p.h.sessions.xsrf_token(r, answer), p.path(""), false};
    xsrf.secure = r.scheme == "https" || p.h.config.public_url.starts_with("https://");
    answer.headers.remove("Set-Cookie");
    http::set_cookie(answer, xsrf);
    co_return answer;
}

response refused(site_pages p, const request& r, std::string name, const failure& f) {
    p.h.log.warning("login.refused", {{"user", name}, {"from", r.peer_address}, {"why", f.message}});
    if (f.code == errc::unauthenticated)
        return login_page(p, r, 403, std::move(name), "Wrong username or password.");
    auto answer = login_page(p, r, status_of(f) == 400 ? 403 : status_of(f), std::move(name), f.message);
    if (answer.status == 429 || answer.status == 503) answer.headers.set("Retry-After", "30");
    return answer;
}

asio::awaitable<response> sign_in(site_pages p, request r) {
    if (p.h.identity.sign_in || !p.h.identity.user_header.empty()) co_return http::make_redirect(with_next(p.path("login"), next_of(r)), 303);
    const auto form = form_of(r);
    const auto typed = field(form, "username");
    if (auto ok = p.h.sessions.check_xsrf(r, http::find_value(form, "_xsrf")); !ok)
        co_return login_page(p, r, 403, typed, "The form was too old or came from elsewhere. Try again.");
    auto who = co_await hub::check_password(p.h, typed, secret(field(form, "password")), r.peer_address);
    if (!who) co_return refused(p, r, typed, who.error());
    const auto name = who->name;
    auto account = co_await hub::account_of(p.h, {std::move(*who)});
    if (!account) co_return refused(p, r, name, account.error());
    response cookies;
    if (auto done = co_await p.h.sessions.sign_in(r, cookies, *account); !done)
        co_return failure_page(p, r, done.error());
    auto answer = http::make_redirect(destination(p, r, *account));
    for (const auto& [key, value] : cookies.headers) answer.headers.add(key, value);
    answer.headers.set("Cache-Control", "no-store");
    p.h.log.info("login.accepted", {{"user", name}, {"from", r.peer_address}});
    co_return answer;
}

asio::awaitable<response> post_login(site_pages p, request r) {
    const auto began = p.h.time.now();
    auto answer = co_await sign_in(p, std::move(r));
    p.h.metrics.login_finished(answer.status == 302, p.h.time.now() - began);
    co_return answer;
}

asio::awaitable<void> stop_all(site_pages p, std::int64_t user_id) {
    std::vector<scheduler::server_key> running;
    for (const auto* s : p.h.servers.of_user(user_id))
        if (s->active()) running.push_back(s->key);
    for (const auto& key : running)
        if (auto done = co_await p.h.servers.stop(key, false); !done)
            p.h.log.warning("logout.stop_failed", {{"why", done.error()}});
}

// Where a browser belongs after signing out: to the provider, so that its session ends as well, or to a page that
// does not sign in again by itself.
std::string after_sign_out(site_pages p, const request& r) {
    const auto& with = p.h.identity;
    if (!with.sign_in) return p.path(with.user_header.empty() ? "login" : "login?signed_out=1");
    const auto* s = p.h.sessions.find(r);
    const auto token = s && with.credentials && with.logout_at_provider ? with.credentials->id_token_of(s->id) : secret();
    if (!token.empty())
        if (auto url = with.sign_in->logout_url(token, with.callback_url)) return *url;
    return p.path("login?signed_out=1");
}

asio::awaitable<response> sign_out(site_pages p, request r) {
    auto answer = http::make_redirect(after_sign_out(p, r));
    auto ended = co_await p.h.sessions.sign_out(r, answer);
    if (!ended) co_return failure_page(p, r, ended.error());
    answer.headers.set("Cache-Control", "no-store");
    if (!*ended) co_return answer;
    const auto session = **ended;
    // Done for every session that ends; here it is waited for, so that nothing is open when the browser is told.
    if (auto done = co_await p.h.tokens.revoke_session(session.user_id, session.session_id); !done)
        co_return failure_page(p, r, done.error());
    if (p.h.config.shutdown_on_logout) co_await stop_all(p, session.user_id);
    p.h.log.info("logout", {{"user_id", session.user_id}});
    co_return answer;
}

// Another site's page must not sign anybody out by a link or an image: then the hub asks.
asio::awaitable<response> get_logout(site_pages p, request r) {
    const auto* s = p.h.sessions.find(r);
    if (!s || is_visit(r)) co_return co_await sign_out(p, std::move(r));
    response cookies;
    const auto f = frame_of(p, r, cookies);
    ask_view v{"Sign out?",
               "Sign out?",
               "Another site sent you here. Your servers go on when you sign out.",
               p.path("logout"),
               "Sign out",
               p.path("home"),
               false};
    co_return show(p, std::move(cookies), 200, p.draw.ask(f, v), true);
}

asio::awaitable<response> post_logout(site_pages p, hub::principal, request r) {
    co_return co_await sign_out(p, std::move(r));
}

asio::awaitable<response> get_root(site_pages p, hub::principal who, request) {
    co_return http::make_redirect(own_place(p, who.user_id));
}

} // namespace

void add_sign_in_pages(http::router& routes, site_pages p) {
    add_open(routes, p, "GET", "/hub/login", get_login);
    add_open(routes, p, "POST", "/hub/login", post_login);
    add_open(routes, p, "GET", "/hub/logout", get_logout);
    add_page(routes, p, "POST", "/hub/logout", post_logout);
    add_page(routes, p, "GET", "/hub/", get_root);
}

} // namespace berth::pages
