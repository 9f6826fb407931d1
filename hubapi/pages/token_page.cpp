// SPDX-License-Identifier: BSD-3-Clause
// /hub/token: API tokens, authorised applications, signed-in browsers.
#include "auth/credentials/user_credentials.hpp"
#include "hubapi/model/token_orders.hpp"
#include "hubapi/pages/browser_name.hpp"
#include "hubapi/pages/page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <map>
#include <sstream>

namespace berth::pages {

namespace {

constexpr std::string_view page_client = "jupyterhub"; // of tokens made by page or API

struct lifetime {
    std::string_view seconds, text;
};
constexpr std::array<lifetime, 6> lifetimes{{{"3600", "In 1 hour"},
                                             {"86400", "In 1 day"},
                                             {"604800", "In 1 week"},
                                             {"2592000", "In 30 days"},
                                             {"31536000", "In 1 year"},
                                             {"never", "Never"}}};
constexpr std::string_view usual_lifetime = "2592000";

std::string scopes_in_words(const std::vector<std::string>& scopes) {
    if (scopes.empty()) return "Nothing";
    if (std::ranges::find(scopes, "inherit") != scopes.end()) return "All that you may do";
    return fmt::format("{}", fmt::join(scopes, ", "));
}

std::string id_text(std::int64_t id) { return "a" + std::to_string(id); }

std::optional<std::int64_t> read_id(std::string_view text) {
    std::int64_t id = 0;
    if (!text.starts_with('a')) return std::nullopt;
    const auto [end, ec] = std::from_chars(text.data() + 1, text.data() + text.size(), id);
    return ec == std::errc{} && end == text.data() + text.size() ? std::optional(id) : std::nullopt;
}

void list_tokens(token_view& v, site_pages p, std::int64_t user_id) {
    const auto now = p.h.time.now();
    std::map<std::string, app_row> apps;
    auto mine = p.h.tokens.of_user(user_id);
    std::ranges::sort(mine, [](const auto* a, const auto* b) { return a->id > b->id; });
    for (const auto* t : mine) {
        if (t->is_server || (t->expires_at && *t->expires_at <= now)) continue;
        const auto url = p.path("token/revoke/" + id_text(t->id));
        if (t->client_id == page_client) {
            v.tokens.push_back({t->note.empty() ? "No note" : t->note, scopes_in_words(t->scopes),
                                id_text(t->id), moment_of(t->created, now), moment_of(t->last_activity, now),
                                moment_of(t->expires_at, now), url});
            continue;
        }
        auto& app = apps[t->client_id];
        app = {t->note.empty() ? t->client_id : t->note, scopes_in_words(t->scopes),
               moment_of(t->created, now),
               app.last_used.iso > moment_of(t->last_activity, now).iso ? app.last_used
                                                                        : moment_of(t->last_activity, now),
               url};
    }
    for (auto& [client, app] : apps) v.apps.push_back(std::move(app));
}

// How a session's tokens of the identity provider stand, in words; "" when it has none.
std::string credential_in_words(site_pages p, std::int64_t session) {
    const auto* all = p.h.identity.credentials;
    const auto c = all ? all->of_session(session) : std::nullopt;
    if (!c) return "";
    const auto& provider = p.h.identity.provider_name;
    switch (c->health) {
    case auth::credential_health::good:
    case auth::credential_health::stale: return fmt::format("Signed in at {}", provider);
    case auth::credential_health::sign_in_again: return fmt::format("The sign-in at {} has ended", provider);
    case auth::credential_health::provider_away: return fmt::format("{} did not answer lately", provider);
    case auth::credential_health::misconfigured: return fmt::format("{} refuses this hub: tell the administrators", provider);
    }
    return "";
}

void list_sessions(token_view& v, site_pages p, const hub::principal& who) {
    const auto now = p.h.time.now();
    for (const auto* s : p.h.sessions.of_user(who.user_id)) {
        const bool current = s->session_id == who.session_id;
        const auto url = current ? std::string() : p.path("token/sign-out/" + std::to_string(s->id));
        v.sessions.push_back({browser_name(s->user_agent), s->address, moment_of(s->created, now), moment_of(s->last_seen, now), current,
                              url, credential_in_words(p, s->id)});
    }
    v.everywhere_url = p.path("token/everywhere");
}

response token_page(site_pages p, const hub::principal& who, const request& r, int status, token_view v) {
    response cookies;
    const auto f = frame_of(p, r, cookies, "token");
    v.action = p.path("token");
    for (const auto& l : lifetimes)
        v.expiries.push_back({std::string(l.seconds), std::string(l.text), l.seconds == usual_lifetime});
    list_tokens(v, p, who.user_id);
    list_sessions(v, p, who);
    return show(p, std::move(cookies), status, p.draw.token(f, v), true);
}

asio::awaitable<response> tokens(site_pages p, hub::principal who, request r) {
    co_return token_page(p, who, r, 200, {});
}

result<hub::token_order> read_order(const http::name_values& form, std::int64_t user_id) {
    hub::token_order order;
    order.user_id = user_id;
    order.note = field(form, "note").substr(0, 1000);
    if (order.note.empty()) order.note = "Made on the page of tokens";
    std::istringstream words(field(form, "scopes"));
    std::vector<std::string> scopes(std::istream_iterator<std::string>(words), {});
    if (!scopes.empty()) order.scopes = std::move(scopes);
    const auto expires = field(form, "expires_in");
    if (expires == "never") return order;
    const auto text = expires.empty() ? std::string(usual_lifetime) : expires;
    std::int64_t seconds = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (ec != std::errc{} || end != text.data() + text.size() || seconds < 1 || seconds > 315'360'000)
        return fail(errc::invalid_argument, "Choose how long the token shall be good.");
    order.expires_in = std::chrono::seconds(seconds);
    return order;
}

asio::awaitable<response> create(site_pages p, hub::principal who, request r) {
    if (!who.scopes->covers("tokens", auth::target::of_user(who.name), p.h.who))
        co_return error_page(p, r, 403);
    const auto form = form_of(r);
    auto order = read_order(form, who.user_id);
    token_view v;
    v.note_value = field(form, "note");
    const auto note = order ? order->note : std::string();
    auto made = order ? co_await hub::create_token(p.h, std::move(*order))
                      : result<auth::token_store::issued>(std::unexpected(order.error()));
    if (!made) {
        v.error = made.error().message;
        co_return token_page(p, who, r, status_of(made.error()), std::move(v));
    }
    p.h.log.info("token.created", {{"user", who.name}, {"id", made->id}, {"by", who.name}});
    v.note_value.clear();
    v.fresh_token = std::string(made->value.reveal());
    v.fresh_note = note;
    co_return token_page(p, who, r, 200, std::move(v));
}

response ask(site_pages p, const request& r, ask_view v) {
    response cookies;
    const auto f = frame_of(p, r, cookies);
    v.back_url = p.path("token");
    return show(p, std::move(cookies), 200, p.draw.ask(f, v), true);
}

const auth::token_record* own_token(site_pages p, const hub::principal& who, const request& r) {
    const auto id = read_id(r.param("token"));
    const auto* t = id ? p.h.tokens.find(*id) : nullptr;
    return t && t->user_id == who.user_id && !t->is_server ? t : nullptr;
}

asio::awaitable<response> ask_revoke(site_pages p, hub::principal who, request r) {
    const auto* t = own_token(p, who, r);
    if (!t) co_return error_page(p, r, 404);
    const auto name = t->note.empty() ? id_text(t->id) : t->note;
    const bool app = t->client_id != page_client;
    co_return ask(p, r,
                  {"Revoke?", fmt::format("Revoke “{}”?", name),
                   app ? "It loses access to your account at once, and asks again the next time you open it."
                       : "Programs that use this token are refused from now on. This cannot be undone.",
                   r.target, "Revoke", "", true});
}

asio::awaitable<response> revoke(site_pages p, hub::principal who, request r) {
    const auto* t = own_token(p, who, r);
    if (!t) co_return error_page(p, r, 404);
    const auto id = t->id;
    if (auto done = co_await hub::revoke_token(p.h, id); !done) co_return failure_page(p, r, done.error());
    p.h.log.info("token.revoked", {{"user", who.name}, {"id", id}, {"by", who.name}});
    co_return http::make_redirect(p.path("token"), 303);
}

const auth::session* own_session(site_pages p, const hub::principal& who, const request& r) {
    for (const auto* s : p.h.sessions.of_user(who.user_id))
        if (std::to_string(s->id) == r.param("session")) return s;
    return nullptr;
}

asio::awaitable<response> ask_sign_out(site_pages p, hub::principal who, request r) {
    const auto* s = own_session(p, who, r);
    if (!s) co_return error_page(p, r, 404);
    co_return ask(p, r,
                  {"Sign out?", fmt::format("Sign out {}?", browser_name(s->user_agent)),
                   "That browser has to sign in again, and its open notebooks lose their connection. Servers go on.", r.target, "Sign out",
                   "", true});
}

asio::awaitable<response> sign_out_one(site_pages p, hub::principal who, request r) {
    const auto* s = own_session(p, who, r);
    if (!s) co_return error_page(p, r, 404);
    const auto ended = *s;
    if (auto done = co_await p.h.sessions.end({ended.id}); !done) co_return failure_page(p, r, done.error());
    if (auto done = co_await p.h.tokens.revoke_session(ended.user_id, ended.session_id); !done) co_return failure_page(p, r, done.error());
    p.h.log.info("logout.other_browser", {{"user", who.name}});
    co_return http::make_redirect(p.path("token"), 303);
}

asio::awaitable<response> ask_everywhere(site_pages p, hub::principal, request r) {
    co_return ask(
        p, r,
        {"Sign out everywhere?", "Sign out everywhere?",
         "Every browser in which you are signed in, this one included, has to sign in again. Servers go on.",
         r.target, "Sign out everywhere", "", true});
}

asio::awaitable<response> everywhere(site_pages p, hub::principal who, request r) {
    std::vector<auth::session> all;
    for (const auto* s : p.h.sessions.of_user(who.user_id)) all.push_back(*s);
    std::vector<std::int64_t> ids;
    for (const auto& s : all) ids.push_back(s.id);
    auto answer = http::make_redirect(p.path("login"), 303);
    if (auto ended = co_await p.h.sessions.sign_out(r, answer); !ended)
        co_return failure_page(p, r, ended.error());
    if (auto done = co_await p.h.sessions.end(std::move(ids)); !done)
        co_return failure_page(p, r, done.error());
    for (const auto& s : all)
        if (auto done = co_await p.h.tokens.revoke_session(s.user_id, s.session_id); !done)
            co_return failure_page(p, r, done.error());
    p.h.log.info("logout.everywhere", {{"user", who.name}, {"browsers", all.size()}});
    co_return answer;
}

} // namespace

void add_token_pages(http::router& routes, site_pages p) {
    add_page(routes, p, "GET", "/hub/token", tokens);
    add_page(routes, p, "POST", "/hub/token", create);
    add_page(routes, p, "GET", "/hub/token/revoke/{token}", ask_revoke);
    add_page(routes, p, "POST", "/hub/token/revoke/{token}", revoke);
    add_page(routes, p, "GET", "/hub/token/sign-out/{session}", ask_sign_out);
    add_page(routes, p, "POST", "/hub/token/sign-out/{session}", sign_out_one);
    add_page(routes, p, "GET", "/hub/token/everywhere", ask_everywhere);
    add_page(routes, p, "POST", "/hub/token/everywhere", everywhere);
}

} // namespace berth::pages
