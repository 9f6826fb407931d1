// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/pages/page.hpp"

#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/urls.hpp"
#include "hubapi/pages/headers.hpp"
#include "hubapi/pages/provider_sign_in.hpp"

#include <fmt/format.h>

namespace berth::pages {

namespace {

asio::awaitable<response> guarded(site_pages p, page_handler handler, request r) {
    auto who = hub::authenticate_cookie(p.h, r);
    // Scripts of people's servers run on this very origin: what they fetch with the visitor's cookie needs the token too.
    if (!r.is_read_only() || (who && auth::session_store::needs_xsrf(r))) {
        if (auto ok = p.h.sessions.check_xsrf(r, field(form_of(r), "_xsrf")); !ok)
            co_return error_page(p, r, 403, ok.error().message, "Go back, reload the page and try again.");
    }
    if (!who) co_return to_sign_in(p, r);
    co_return co_await handler(p, std::move(*who), std::move(r));
}

error_view words_for(int status) {
    error_view v;
    v.status = status;
    v.title = std::string(http::reason_phrase(status));
    switch (status) {
    case 403:
        v.title = "Not allowed";
        v.what = "You may not do this.";
        v.remedy = "If you should be able to, ask an administrator of the hub.";
        break;
    case 404:
        v.title = "Not found";
        v.what = "There is nothing at this address, or it is not for you to see.";
        v.remedy = "Check the link, or go on from your servers.";
        break;
    case 405: v.what = "This address cannot be used in this way."; break;
    case 424:
    case 503:
        v.title = "The server does not answer";
        v.what = "The notebook server behind this address does not answer.";
        v.remedy = "It may still be starting, or it has ended. Your servers tell which.";
        break;
    default:
        if (v.title.empty()) v.title = "Something went wrong";
        v.what = status >= 500 ? "Something went wrong here, not with you." : "The hub could not do this.";
        v.remedy = status >= 500 ? "Try again in a moment. If it happens again, tell the help desk." : "";
        break;
    }
    return v;
}

} // namespace

surroundings site_pages::about() const {
    surroundings s;
    s.now = h.time.now();
    s.base_url = h.config.base_url;
    s.cluster_kind = h.config.cluster_kind;
    for (const auto& profile : h.config.catalogue.profiles)
        s.profile_titles[profile.name] = profile.title.empty() ? profile.name : profile.title;
    s.implicit_spawn = h.config.implicit_spawn;
    return s;
}

void add_open(http::router& routes, site_pages p, std::string_view method, std::string_view pattern,
              open_handler handler) {
    routes.add(method, pattern, [p, handler](request r) { return handler(p, std::move(r)); });
}

void add_page(http::router& routes, site_pages p, std::string_view method, std::string_view pattern,
              page_handler handler) {
    routes.add(method, pattern, [p, handler](request r) { return guarded(p, handler, std::move(r)); });
}

frame frame_of(site_pages p, const request& r, response& answer, std::string current) {
    frame f;
    if (const auto* s = p.h.sessions.find(r))
        if (const auto* u = p.h.who.find(s->user_id)) {
            f.user = u->name;
            f.may_admin = p.h.may.of_user(*u)->has("admin-ui");
        }
    f.xsrf = p.h.sessions.xsrf_token(r, answer);
    // A script that cannot show the token does not learn it from a page either.
    if (!f.user.empty() && auth::session_store::needs_xsrf(r) && !p.h.sessions.check_xsrf(r, field(form_of(r), "_xsrf"))) f.xsrf.clear();
    f.request_id = r.id;
    if (p.h.disk_trouble())
        f.notice = "The hub cannot save changes at the moment. Notebooks that run go on, and servers can be stopped; "
                   "signing in, starting servers and making tokens work again once the hub’s disk does.";
    f.current = std::move(current);
    return f;
}

response show(site_pages p, response answer, int status, std::string html, bool signed_in) {
    auto page = http::make_html(status, std::move(html));
    for (const auto& [name, value] : answer.headers) page.headers.add(name, value);
    protect(page, p.path("security/csp-report"), signed_in);
    return page;
}

response to_sign_in(site_pages p, const request& r) {
    auto answer = http::make_redirect(p.path("login?next=") +
                                      percent_encode(r.is_read_only() ? r.target : p.path("home")));
    protect(answer, p.path("security/csp-report"), true);
    return answer;
}

response error_page(site_pages p, const request& r, int status, std::string what, std::string remedy) {
    response cookies;
    const auto f = frame_of(p, r, cookies);
    auto v = words_for(status);
    if (!what.empty()) {
        v.what = std::move(what);
        v.remedy = std::move(remedy);
    }
    v.back_url = f.user.empty() ? p.path("login") : p.path("home");
    v.back_text = f.user.empty() ? "Sign in" : "Your servers";
    return show(p, std::move(cookies), status, p.draw.error(f, v), !f.user.empty());
}

response error_page(hub::hub& h, const renderer& draw, const request& r, int status, std::string what,
                    std::string remedy) {
    return error_page(site_pages{h, draw}, r, status, std::move(what), std::move(remedy));
}

bool is_visit(const request& r) {
    const auto mode = r.header("Sec-Fetch-Mode");
    return (mode.empty() || mode == "navigate") && r.header("Sec-Fetch-Site") != "cross-site";
}

int status_of(const failure& f) {
    switch (f.code) {
    case errc::invalid_argument:
    case errc::conflict: return 400;
    case errc::unauthenticated:
    case errc::denied:
    case errc::login_required: return 403;
    case errc::not_found: return 404;
    case errc::already_exists: return 409;
    case errc::limit_exceeded: return 429;
    case errc::unavailable:
    case errc::outcome_unknown:
    case errc::timed_out:
    case errc::io_error: return 503;
    default: return 500;
    }
}

response failure_page(site_pages p, const request& r, const failure& f) {
    auto answer =
        error_page(p, r, status_of(f), f.message, status_of(f) >= 500 ? "Try again in a moment." : "");
    if (answer.status == 429 || answer.status == 503) answer.headers.set("Retry-After", "30");
    return answer;
}

std::string field(const http::name_values& form, std::string_view name) {
    return http::find_value(form, name).value_or("");
}

http::name_values form_of(const request& r) {
    auto form = http::read_form(r);
    return form ? std::move(*form) : http::name_values();
}

std::string next_of(const request& r) { return hub::safe_next(field(r.query, "next"), r.scheme, r.host); }

std::string with_next(std::string url, std::string_view next) {
    if (next.empty()) return url;
    return url + "?next=" + percent_encode(next);
}

std::optional<subject> subject_of(site_pages p, const hub::principal& who, const request& r,
                                  std::string_view scope) {
    const auto name = r.param("user").empty() ? who.name : r.param("user");
    const auto* u = p.h.who.find(name);
    const auto server = r.param("server");
    if (!u || !who.scopes->covers(scope, auth::target::of_server(name, server), p.h.who)) return std::nullopt;
    return subject{u->id, u->name, server};
}

void page_handlers::add_routes(http::router& routes) {
    const site_pages p{hub_, draw_};
    add_sign_in_pages(routes, p);
    add_provider_pages(routes, p);
    add_home_pages(routes, p);
    add_spawn_pages(routes, p);
    add_server_pages(routes, p);
    add_token_pages(routes, p);
    add_share_pages(routes, p);
    add_admin_pages(routes, p);
    add_docs_pages(routes, p);
    add_plain_pages(routes, p);
}

} // namespace berth::pages
