// SPDX-License-Identifier: BSD-3-Clause
// Links that carry an API token: /hub/login?token=...&next=... becomes a browser's session, where the configuration allows it.
#include "hubapi/pages/provider_sign_in.hpp"
#include "hubapi/pages/token_link.hpp"

#include "daemon/runtime/encoding.hpp"
#include "hubapi/pages/headers.hpp"

namespace berth::pages {

namespace {

// The address without the token: it is not to stay in the browser's history, nor to be told to other sites.
response onwards(site_pages p, std::string where) {
    auto answer = http::make_redirect(std::move(where));
    protect(answer, p.path("security/csp-report"), true);
    answer.headers.set("Referrer-Policy", "no-referrer");
    return answer;
}

// A session may do all that its user may: a token that was limited on purpose does not grow by being put into a link.
bool is_whole(site_pages p, const auth::token_record& t, const hub::user& u) {
    const auto of_token = p.h.may.of_token(t);
    const auto of_user = p.h.may.of_user(u);
    return of_token && of_user && auth::is_subset(*of_user, *of_token, p.h.who);
}

response refuse_link(site_pages p, const request& r, std::string_view why, std::string what, std::string remedy) {
    p.h.log.warning("login.link_refused", {{"from", r.peer_address}, {"why", why}});
    auto answer = error_page(p, r, 403, std::move(what), std::move(remedy));
    answer.headers.set("Referrer-Policy", "no-referrer");
    return answer;
}

} // namespace

asio::awaitable<response> sign_in_by_link(site_pages p, request r) {
    const auto next = next_of(r);
    if (!p.h.config.allow_token_in_url) co_return onwards(p, with_next(p.path("login"), next));
    const auto* t = p.h.tokens.authenticate(field(r.query, "token"));
    const auto* u = t && t->user_id && !t->is_server ? p.h.who.find(*t->user_id) : nullptr;
    if (!u)
        co_return refuse_link(p, r, "no good token", "The token in this link is not good (any more).", "Ask for a new link, or sign in.");
    if (!is_whole(p, *t, *u))
        co_return refuse_link(p, r, "limited token", "The token in this link may do less than you, and cannot sign you in.",
                              "Make the link with a token that has no limits, or sign in.");
    const auto id = u->id;
    const auto token = t->id;
    const auto name = u->name;
    const auto* s = p.h.sessions.find(r);
    if (s && s->user_id != id)
        co_return refuse_link(p, r, "somebody else is signed in", "This link is for " + name + ", and somebody else is signed in here.",
                              "Sign out first.");
    if (s) co_return onwards(p, next.empty() ? own_place(p, id) : next);
    response cookies;
    if (auto done = co_await p.h.sessions.sign_in(r, cookies, id); !done) co_return failure_page(p, r, done.error());
    auto answer = onwards(p, next.empty() ? own_place(p, id) : next);
    for (const auto& [key, value] : cookies.headers) answer.headers.add(key, value);
    p.h.log.info("login.by_link", {{"user", name}, {"token", token}, {"from", r.peer_address}});
    co_return answer;
}

} // namespace berth::pages
