// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/authenticate.hpp"
#include "hubapi/model/models.hpp"
#include "hubapi/model/sign_in.hpp"
#include "hubapi/model/token_orders.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/routes.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;
using nlohmann::json;

namespace {

// "a12" -> 12.
std::optional<std::int64_t> token_id(std::string_view text) {
    std::int64_t id = 0;
    if (!text.starts_with('a')) return std::nullopt;
    const auto [end, ec] = std::from_chars(text.data() + 1, text.data() + text.size(), id);
    return ec == std::errc{} && end == text.data() + text.size() ? std::optional(id) : std::nullopt;
}

result<std::optional<std::vector<std::string>>> read_strings(const json& body, const char* key) {
    const auto at = body.find(key);
    if (at == body.end() || at->is_null()) return std::nullopt;
    std::vector<std::string> out;
    if (!at->is_array()) return fail(errc::invalid_argument, fmt::format("token {} must be a list of strings, not {}", key, at->dump()));
    for (const auto& item : *at) {
        if (!item.is_string()) return fail(errc::invalid_argument, fmt::format("token {} must be a list of strings, not {}", key, at->dump()));
        out.push_back(item.get<std::string>());
    }
    return out;
}

result<token_order> read_order(const json& body) {
    token_order order;
    if (const auto at = body.find("note"); at != body.end() && !at->is_null()) {
        if (!at->is_string()) return fail(errc::invalid_argument, "token note must be a string, not " + at->dump());
        order.note = at->get<std::string>();
    }
    if (const auto at = body.find("expires_in"); at != body.end() && !at->is_null()) {
        if (!at->is_number_integer()) return fail(errc::invalid_argument, fmt::format("token expires_in must be null or integer, not {}", at->dump()));
        if (at->get<std::int64_t>() < 1) return fail(errc::invalid_argument, fmt::format("expires_in must be a positive integer or null, not {}", at->dump()));
        order.expires_in = std::chrono::seconds(at->get<std::int64_t>());
    }
    auto scopes = read_strings(body, "scopes");
    if (!scopes) return fail(scopes.error());
    auto roles = read_strings(body, "roles");
    if (!roles) return fail(roles.error());
    order.scopes = std::move(*scopes);
    order.roles = std::move(*roles);
    return order;
}

std::string owner_word(const principal& p) { return (p.is_user() ? "user " : "service ") + p.name; }

// POST without a token or cookie may bring name and password in `auth` instead.
asio::awaitable<result<principal>> by_password(hub& h, json body, std::string peer) {
    const auto bad = fail(errc::denied, "Missing or invalid credentials.");
    const auto at = body.is_object() ? body.find("auth") : body.end();
    if (!body.is_object() || at == body.end() || !at->is_object()) co_return bad;
    const auto name = at->value("username", json()), password = at->value("password", json());
    if (!name.is_string() || !password.is_string()) co_return bad;
    auto who = co_await check_password(h, name.get<std::string>(), secret(password.get<std::string>()), std::move(peer));
    if (!who) co_return fail(who.error().code == errc::unauthenticated ? failure{errc::denied, bad.error().message} : who.error());
    const auto* u = h.who.find(who->name);
    if (!u) co_return bad;
    principal p;
    p.user_id = u->id;
    p.name = u->name;
    p.scopes = h.may.of_user(*u);
    co_return p;
}

asio::awaitable<response> create_token(hub& h, principal caller, json body, std::string name) {
    // 403 even where the scope is filtered away from this user: JupyterHub's own exception.
    if (!caller.scopes->covers("tokens", auth::target::of_user(name), h.who))
        co_return error_answer(403, "You may not make tokens for this user.");
    const auto* u = h.who.find(name);
    if (!u) co_return error_answer(403, "No such user: " + name);
    auto order = read_order(body);
    if (!order) co_return error_answer(order.error());
    order->user_id = u->id;
    if (order->note.empty()) order->note = caller.user_id == u->id ? "Requested via api" : "Requested via api by " + owner_word(caller);
    auto made = co_await create_token(h, std::move(*order));
    if (!made) co_return error_answer(made.error());
    const auto* t = h.tokens.find(made->id);
    if (!t) co_return error_answer(500, "");
    h.log.info("token.created", {{"user", name}, {"id", made->id}, {"by", caller.name}});
    co_return http::make_json(201, to_json([&](json_writer& w) { write_token(w, h, *t, made->value.reveal()); }));
}

asio::awaitable<response> post_token(hub& h, request r) {
    auto caller = authenticate(h, r);
    auto body = read_object(r);
    if (!caller && body) {
        auto known = co_await by_password(h, *body, r.peer_address);
        if (!known) co_return error_answer(known.error());
        caller = std::move(*known);
    } else if (!caller) {
        co_return error_answer(403, "Missing or invalid credentials.");
    } else if (caller->by_cookie()) {
        if (auto ok = h.sessions.check_xsrf(r, std::nullopt); !ok) co_return error_answer(ok.error());
    }
    if (!body) co_return error_answer(body.error());
    co_return co_await create_token(h, std::move(*caller), std::move(*body), r.param("user"));
}

asio::awaitable<response> list_tokens(hub& h, principal caller, request r) {
    const auto name = r.param("user");
    if (auto no = refuse(h, caller, {"read:tokens"}, auth::target::of_user(name))) co_return std::move(*no);
    const auto* u = h.who.find(name);
    if (!u) co_return error_answer(404, "No such user: " + name);
    const auto id = u->id;
    if (auto done = co_await h.tokens.purge_expired(); !done) co_return error_answer(done.error());
    auto list = h.tokens.of_user(id);
    std::ranges::sort(list, [](const auto* a, const auto* b) {
        return std::pair(a->last_activity.value_or(a->created), a->id) < std::pair(b->last_activity.value_or(b->created), b->id);
    });
    co_return http::make_json(200, to_json([&](json_writer& w) {
        w.open('{').key("api_tokens").open('[');
        for (const auto* t : list) write_token(w, h, *t);
        w.close(']').close('}');
    }));
}

// The token of the path if it is this user's.
result<const auth::token_record*> find_token(hub& h, const request& r) {
    const auto* u = h.who.find(r.param("user"));
    const auto id = token_id(r.param("token"));
    const auto* t = u && id ? h.tokens.find(*id) : nullptr;
    if (t && t->user_id == u->id) return t;
    return fail(errc::not_found, fmt::format("No such token {} for user {}", r.param("token"), r.param("user")));
}

asio::awaitable<response> get_token(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"read:tokens"}, auth::target::of_user(r.param("user")))) co_return std::move(*no);
    auto t = find_token(h, r);
    if (!t) co_return error_answer(t.error());
    co_return http::make_json(200, to_json([&](json_writer& w) { write_token(w, h, **t); }));
}

asio::awaitable<response> delete_token(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"tokens"}, auth::target::of_user(r.param("user")))) co_return std::move(*no);
    auto t = find_token(h, r);
    if (!t) co_return error_answer(t.error());
    if (auto done = co_await revoke_token(h, (*t)->id); !done) co_return error_answer(done.error());
    h.log.info("token.revoked", {{"user", r.param("user")}, {"id", r.param("token")}, {"by", caller.name}});
    co_return http::make_empty(204);
}

} // namespace

void add_token_routes(http::router& routes, hub& h) {
    add_api(routes, h, "GET", "/hub/api/users/{user}/tokens", list_tokens);
    routes.add("POST", "/hub/api/users/{user}/tokens", [&h](request r) { return post_token(h, std::move(r)); });
    add_api(routes, h, "GET", "/hub/api/users/{user}/tokens/{token}", get_token);
    add_api(routes, h, "DELETE", "/hub/api/users/{user}/tokens/{token}", delete_token);
}

} // namespace berth::hub
