// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/pages/provider_sign_in.hpp"

#include "auth/credentials/user_credentials.hpp"
#include "auth/login/oidc.hpp"
#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/json_writer.hpp"
#include "hubapi/model/metrics.hpp"
#include "hubapi/model/models.hpp"
#include "hubapi/model/order_shelf.hpp"
#include "hubapi/model/sign_in.hpp"
#include "hubapi/model/urls.hpp"
#include "hubapi/pages/headers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::pages {

namespace {

constexpr std::string_view rounds_cookie = "berth-sign-in-rounds";
constexpr int most_rounds = 6; // within a minute: then something goes in circles
constexpr long a_minute = 60, flow_seconds = 600;

http::cookie flow_cookie(site_pages p, const request& r, std::string name, std::string value, long max_age) {
    http::cookie c{std::move(name), std::move(value), p.path("oauth_callback"), true};
    c.secure = r.scheme == "https" || p.h.config.public_url.starts_with("https://");
    c.max_age = max_age;
    return c;
}

// How often this browser was sent to the provider lately, by its own word.
int rounds_of(const request& r) {
    const auto all = r.cookies(rounds_cookie);
    return all.empty() || all.front().size() != 1 ? 0 : std::clamp(all.front()[0] - '0', 0, most_rounds);
}

void count_round(site_pages p, const request& r, response& answer, int rounds) {
    auto c = flow_cookie(p, r, std::string(rounds_cookie), std::to_string(std::min(rounds, most_rounds)), rounds ? a_minute : 0);
    c.path = p.path("");
    http::set_cookie(answer, c);
}

response sealed_off(site_pages p, response answer) {
    protect(answer, p.path("security/csp-report"), true);
    answer.headers.set("Referrer-Policy", "no-referrer"); // the callback's address holds a code
    return answer;
}

response going_in_circles(site_pages p, const request& r) {
    p.h.log.warning("login.loop", {{"from", r.peer_address}, {"scheme", r.scheme}, {"host", r.host}});
    auto answer = error_page(p, r, 400,
                             fmt::format("Signing in goes in circles: the browser came back from the {} several times and was not signed in "
                                         "here afterwards. The hub was reached by {}://{}.",
                                         p.h.identity.provider_name, r.scheme, r.host),
                             "Allow cookies for this site, close other tabs with old sign-in forms, and try again. If the address above is "
                             "not the one in your browser, tell the administrators.");
    count_round(p, r, answer, 0);
    return answer;
}

response provider_trouble(site_pages p, const request& r, const failure& f) {
    p.h.log.warning("login.refused", {{"from", r.peer_address}, {"code", to_string(f.code)}, {"why", f.message}});
    const bool stale = f.code == errc::conflict;
    const int status = stale ? 400 : f.code == errc::unauthenticated ? 403 : status_of(f);
    auto answer = error_page(p, r, status, f.message,
                             stale                          ? "Sign in again from here: the button starts anew."
                             : f.code == errc::unavailable  ? "Your servers go on. Try again in a moment."
                             : f.code == errc::denied       ? "If you should be able to come in, ask an administrator of the hub."
                                                            : "Try again. If it happens again, tell the administrators the request id.");
    if (answer.status == 503) answer.headers.set("Retry-After", "10");
    return answer;
}

std::string destination(site_pages p, const request& r, const std::string& next, std::int64_t user_id) {
    const auto safe = hub::safe_next(next, r.scheme, r.host);
    return safe.empty() ? own_place(p, user_id) : safe;
}

// A browser that is signed in as the same user keeps its session: notebooks in its other tabs go on.
asio::awaitable<result<std::int64_t>> session_for(site_pages p, const request& r, response& cookies, std::int64_t user_id) {
    if (const auto* s = p.h.sessions.find(r); s && s->user_id == user_id) {
        const auto id = s->id;
        p.h.sessions.mend_cookies(r, cookies);
        co_return id;
    }
    if (auto done = co_await p.h.sessions.sign_in(r, cookies, user_id); !done) co_return fail(done.error());
    const auto all = p.h.sessions.of_user(user_id);
    if (all.empty()) co_return fail(errc::conflict, "The session ended as it began. Sign in again.");
    co_return all.back()->id;
}

asio::awaitable<response> arrive(site_pages p, const request& r, auth::oidc_arrival a) {
    const auto name = a.who.name;
    auto account = co_await hub::account_of(p.h, {a.who, a.admin, !p.h.identity.groups_claim.empty() && a.about.has(p.h.identity.groups_claim), a.roles});
    if (!account) co_return provider_trouble(p, r, account.error());
    response cookies;
    auto session = co_await session_for(p, r, cookies, *account);
    if (!session) co_return provider_trouble(p, r, session.error());
    if (auto* kept = p.h.identity.credentials)
        if (auto done = co_await kept->keep(*session, *account, a.subject, a.provider_session, std::move(a.tokens), a.about.json()); !done)
            p.h.log.error("credential.not_kept", {{"user", name}, {"error", done.error()}});
    auto answer = http::make_redirect(destination(p, r, a.next, *account));
    for (const auto& [key, value] : cookies.headers) answer.headers.add(key, value);
    count_round(p, r, answer, 0);
    p.h.log.info("login.accepted", {{"user", name}, {"from", r.peer_address}});
    co_return sealed_off(p, std::move(answer));
}

// A form that lay too long at the provider, sent twice or left by the back button: begun again by itself, but not for ever.
bool begins_again(const auth::oidc_callback& said) {
    return said.error_description == "authentication_expired" || said.error == "login_required";
}

asio::awaitable<response> finish(site_pages p, const request& r, auth::oidc_callback said) {
    auto& flow = *p.h.identity.sign_in;
    const auto name = flow.cookie_name(said.state);
    const auto held = r.cookies(name);
    const secret sealed(held.empty() ? std::string() : held.front());
    if (begins_again(said) && !sealed.empty() && rounds_of(r) < most_rounds)
        co_return http::make_redirect(with_next(p.path("oauth_login"), flow.next_of(sealed)));
    auto arrival = co_await flow.finish(std::move(said), sealed);
    auto answer = arrival ? co_await arrive(p, r, std::move(*arrival)) : provider_trouble(p, r, arrival.error());
    http::set_cookie(answer, flow_cookie(p, r, name, "", 0));
    co_return answer;
}

asio::awaitable<response> callback(site_pages p, request r) {
    if (!p.h.identity.sign_in) co_return error_page(p, r, 404);
    const auto began = p.h.time.now();
    auth::oidc_callback said{field(r.query, "state"), field(r.query, "code"), field(r.query, "iss"), field(r.query, "error"),
                             field(r.query, "error_description")};
    if (said.code.empty() && said.error.empty()) co_return signed_out_page(p, r); // back from signing out at the provider
    auto answer = co_await finish(p, r, std::move(said));
    p.h.metrics.login_finished(answer.status == 302, p.h.time.now() - began);
    co_return answer;
}

response logout_refused(std::string why) {
    return http::make_json(400, hub::to_json([&](hub::json_writer& w) {
                               w.open('{').key("error").text("invalid_request").key("error_description").text(why).close('}');
                           }));
}

// The provider says that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0).
asio::awaitable<response> backchannel(site_pages p, request r) {
    const auto& with = p.h.identity;
    if (!with.sign_in || !with.credentials) co_return error_page(p, r, 404);
    auto who = co_await with.sign_in->read_logout_token(secret(field(form_of(r), "logout_token")));
    response answer;
    if (!who) {
        p.h.log.warning("logout.backchannel_refused", {{"from", r.peer_address}, {"why", who.error()}});
        answer = who.error().code == errc::unavailable ? http::make_empty(503) : logout_refused(who.error().message);
    } else {
        auto ids = with.credentials->sessions_of(who->subject, who->provider_session);
        const auto count = ids.size();
        auto done = co_await p.h.sessions.end(std::move(ids));
        if (done) p.h.log.info("logout.backchannel", {{"sessions", count}});
        answer = done ? http::make_empty(200) : logout_refused(done.error().message);
    }
    answer.headers.set("Cache-Control", "no-store");
    co_return answer;
}

} // namespace

asio::awaitable<response> begin_at_provider(site_pages p, request r) {
    if (!p.h.identity.sign_in) co_return http::make_redirect(with_next(p.path("login"), next_of(r)));
    const int rounds = rounds_of(r) + 1;
    if (rounds > most_rounds) co_return going_in_circles(p, r);
    auto left = co_await p.h.identity.sign_in->begin(next_of(r), !field(r.query, "again").empty());
    if (!left) co_return provider_trouble(p, r, left.error());
    auto answer = http::make_redirect(left->url);
    http::set_cookie(answer, flow_cookie(p, r, left->cookie_name, std::string(left->cookie_value.reveal()), flow_seconds));
    count_round(p, r, answer, rounds);
    co_return sealed_off(p, std::move(answer));
}

std::optional<response> by_way_of_the_provider(site_pages p, const hub::principal& who, const request& r, const result<void>& started,
                                               const hub::start_order& order, std::string next) {
    if (started || started.error().code != errc::login_required || order.user_id != who.user_id || !p.h.identity.sign_in)
        return std::nullopt;
    const auto name = p.h.identity.shelf->put(order, std::move(next));
    const auto url = with_next(p.path("oauth_login"), p.path("spawn-again/" + name));
    response cookies;
    const auto f = frame_of(p, r, cookies);
    const onward_view v{"One moment",
                        fmt::format("A server needs you to sign in at {} again. You come back by yourself, and it starts.", p.h.identity.provider_name),
                        url, "Sign in"};
    auto answer = show(p, std::move(cookies), 200, p.draw.onward(f, v), true);
    answer.headers.set("Refresh", "0; url=" + url);
    return answer;
}

response signed_out_page(site_pages p, const request& r) {
    response cookies;
    const auto f = frame_of(p, r, cookies);
    return show(p, std::move(cookies), 200, p.draw.signed_out(f), false);
}

void add_provider_pages(http::router& routes, site_pages p) {
    add_open(routes, p, "GET", "/hub/oauth_login", begin_at_provider);
    add_open(routes, p, "GET", "/hub/oauth_callback", callback);
    add_open(routes, p, "POST", "/hub/backchannel_logout", backchannel);
}

} // namespace berth::pages
