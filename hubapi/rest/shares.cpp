// SPDX-License-Identifier: BSD-3-Clause
// /hub/api/shares, /users/NAME/shared, /groups/NAME/shared: who may use whose servers.
#include "hubapi/model/models.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/routes.hpp"
#include "hubapi/rest/share_bodies.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;
using nlohmann::json;

namespace {

void write_share(json_writer& w, hub& h, const share& s) {
    const auto* u = s.with.is_group ? nullptr : h.who.find(s.with.id);
    const auto& groups = h.who.groups();
    const auto g = s.with.is_group ? groups.find(s.with.id) : groups.end();
    const auto named = [&](const char* key, const std::string* name) {
        w.key(key);
        name ? w.open('{').key("name").text(*name).close('}') : w.null();
    };
    w.open('{');
    write_shared_server(w, h, s.server);
    w.key("scopes").texts(scopes_of(h, s.server, s.scopes));
    named("user", u ? &u->name : nullptr);
    named("group", g != groups.end() ? &g->second.name : nullptr);
    w.key("kind").text(s.with.is_group ? "group" : "user").key("created_at").time(s.created).close('}');
}

response share_answer(hub& h, const share& s) {
    return http::make_json(200, to_json([&](json_writer& w) { write_share(w, h, s); }));
}

response list(hub& h, const request& r, const std::vector<const share*>& rows) {
    return share_page(r, rows, [&h](json_writer& w, const share& s) { write_share(w, h, s); });
}

asio::awaitable<response> list_of_owner(hub& h, principal caller, request r) {
    const auto name = r.param("user");
    if (auto no = refuse(h, caller, {"read:shares"}, auth::target::of_user(name))) co_return std::move(*no);
    const auto* u = h.who.find(name);
    if (!u) co_return error_answer(404, "");
    co_return list(h, r, h.shared.of_owner(u->id));
}

asio::awaitable<response> list_of_server(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"read:shares"}, auth::target::of_server(r.param("user"), r.param("server")))) co_return std::move(*no);
    const auto at = find_shared_server(h, r);
    if (!at) co_return error_answer(at.error());
    co_return list(h, r, h.shared.of_server(at->key));
}

// Whom a body names. The scopes say whether the caller may know that they exist.
result<std::pair<bool, std::string>> read_grantee(const json& body) {
    const auto text = [&](const char* key) -> result<std::string> {
        const auto at = body.find(key);
        if (at == body.end() || at->is_null()) return std::string();
        if (!at->is_string()) return fail(errc::invalid_argument, fmt::format("{} must be a string, not {}", key, at->dump()));
        return at->get<std::string>();
    };
    const auto user = text("user"), group = text("group");
    if (!user) return fail(user.error());
    if (!group) return fail(group.error());
    if (user->empty() == group->empty()) return fail(errc::invalid_argument, "Specify exactly one of `user` or `group`");
    return std::pair(!group->empty(), group->empty() ? *user : *group);
}

std::optional<grantee> find_grantee(const hub& h, bool is_group, const std::string& name) {
    if (is_group) {
        const auto* g = h.who.find_group(name);
        return g ? std::optional(grantee{true, g->id}) : std::nullopt;
    }
    const auto* u = h.who.find(name);
    return u ? std::optional(grantee{false, u->id}) : std::nullopt;
}

struct share_order {
    bool is_group = false;
    std::string with;
    std::set<std::string> scopes;
};

result<share_order> read_order(const request& r) {
    auto body = read_object(r);
    if (!body) return fail(body.error());
    if (auto ok = check_members(*body, {"user", "group", "scopes"}); !ok) return fail(ok.error());
    auto with = read_grantee(*body);
    if (!with) return fail(with.error());
    auto scopes = read_scopes(*body, r.param("user"), r.param("server"));
    if (!scopes) return fail(scopes.error());
    return share_order{with->first, with->second, std::move(*scopes)};
}

asio::awaitable<response> grant(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"shares"}, auth::target::of_server(r.param("user"), r.param("server")))) co_return std::move(*no);
    auto order = read_order(r);
    if (!order) co_return error_answer(order.error());
    const auto at = find_shared_server(h, r);
    if (!at) co_return error_answer(at.error());
    auto scopes = scopes_to_give(h, caller, *at, std::move(order->scopes));
    if (!scopes) co_return error_answer(scopes.error());
    const std::string kind = order->is_group ? "groups" : "users";
    const auto named = order->is_group ? auth::target::of_group(order->with) : auth::target::of_user(order->with);
    if (!caller.scopes->covers("read:" + kind + ":name", named, h.who))
        co_return error_answer(403, fmt::format("Need scope 'read:{}:name' to share with {} by name", kind, kind));
    const auto with = find_grantee(h, order->is_group, order->with);
    if (!with) co_return error_answer(400, fmt::format("No such {}: {}", order->is_group ? "group" : "user", order->with));
    const auto target = *at;
    if (auto done = co_await h.shared.grant(target.key, *with, std::move(*scopes)); !done) co_return error_answer(done.error());
    h.log.info("share.granted", {{"user", target.owner}, {"server", target.server}, {order->is_group ? "to_group" : "to", order->with}, {"by", caller.name}});
    const auto* made = h.shared.find(target.key, *with);
    co_return made ? share_answer(h, *made) : error_answer(404, "");
}

asio::awaitable<response> revoke(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"shares"}, auth::target::of_server(r.param("user"), r.param("server")))) co_return std::move(*no);
    auto order = read_order(r);
    if (!order) co_return error_answer(order.error());
    const auto at = find_shared_server(h, r);
    if (!at) co_return error_answer(at.error());
    const auto with = find_grantee(h, order->is_group, order->with);
    if (!with) co_return http::make_json(200, "{}"); // nobody has nothing
    const auto target = *at;
    if (auto done = co_await h.shared.revoke(target.key, *with, std::move(order->scopes)); !done) co_return error_answer(done.error());
    h.log.info("share.revoked", {{"user", target.owner}, {"server", target.server}, {"from", order->with}, {"by", caller.name}});
    const auto* left = h.shared.find(target.key, *with);
    co_return left ? share_answer(h, *left) : http::make_json(200, "{}");
}

asio::awaitable<response> revoke_all(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"shares"}, auth::target::of_server(r.param("user"), r.param("server")))) co_return std::move(*no);
    const auto at = find_shared_server(h, r);
    if (!at) co_return error_answer(at.error());
    if (auto done = co_await h.shared.revoke_all(at->key); !done) co_return error_answer(done.error());
    h.log.info("share.revoked", {{"user", at->owner}, {"server", at->server}, {"from", "everybody"}, {"by", caller.name}});
    co_return http::make_empty(204);
}

// ---- what was shared with somebody ----------------------------------------------------------------------------------
struct receiver {
    bool is_group;
    std::string name;
    auth::target target() const { return is_group ? auth::target::of_group(name) : auth::target::of_user(name); }
    std::string_view read() const { return is_group ? "read:groups:shares" : "read:users:shares"; }
    std::string_view give_up() const { return is_group ? "groups:shares" : "users:shares"; }
};

receiver receiver_of(const request& r) {
    const bool is_group = r.path.starts_with("/hub/api/groups/");
    return {is_group, r.param(is_group ? "group" : "with")};
}

asio::awaitable<response> list_received(hub& h, principal caller, request r) {
    const auto to = receiver_of(r);
    if (auto no = refuse(h, caller, {to.read()}, to.target())) co_return std::move(*no);
    const auto with = find_grantee(h, to.is_group, to.name);
    if (!with) co_return error_answer(404, fmt::format("No such {}: {}", to.is_group ? "group" : "user", to.name));
    auto rows = h.shared.with(*with);
    if (!to.is_group)
        for (const auto& name : h.who.find(with->id)->groups)
            if (const auto* g = h.who.find_group(name)) std::ranges::copy(h.shared.with({true, g->id}), std::back_inserter(rows));
    std::ranges::sort(rows, {}, &share::id);
    co_return list(h, r, rows);
}

const share* find_received(const hub& h, const receiver& to, const request& r) {
    const auto with = find_grantee(h, to.is_group, to.name);
    const auto at = find_shared_server(h, r);
    return with && at ? h.shared.find(at->key, *with) : nullptr;
}

response no_such_share(const receiver& to, const request& r) {
    return error_answer(404, fmt::format("No such share for {} {} on {}/{}", to.is_group ? "group" : "user", to.name, r.param("user"), r.param("server")));
}

asio::awaitable<response> get_received(hub& h, principal caller, request r) {
    const auto to = receiver_of(r);
    if (auto no = refuse(h, caller, {to.read()}, to.target())) co_return std::move(*no);
    const auto* s = find_received(h, to, r);
    co_return s ? share_answer(h, *s) : no_such_share(to, r);
}

asio::awaitable<response> give_up(hub& h, principal caller, request r) {
    const auto to = receiver_of(r);
    if (auto no = refuse(h, caller, {to.give_up()}, to.target())) co_return std::move(*no);
    const auto* s = find_received(h, to, r);
    if (!s) co_return no_such_share(to, r);
    const auto server = s->server;
    const auto with = s->with;
    if (auto done = co_await h.shared.revoke(server, with, {}); !done) co_return error_answer(done.error());
    h.log.info("share.left", {{"user", r.param("user")}, {"server", r.param("server")}, {"who", to.name}, {"by", caller.name}});
    co_return http::make_empty(204);
}

} // namespace

void add_share_routes(http::router& routes, hub& h) {
    add_api(routes, h, "GET", "/hub/api/shares/{user}", list_of_owner);
    add_api(routes, h, "GET", "/hub/api/shares/{user}/{server*}", list_of_server);
    add_api(routes, h, "POST", "/hub/api/shares/{user}/{server*}", grant);
    add_api(routes, h, "PATCH", "/hub/api/shares/{user}/{server*}", revoke);
    add_api(routes, h, "DELETE", "/hub/api/shares/{user}/{server*}", revoke_all);
    add_api(routes, h, "GET", "/hub/api/users/{with}/shared", list_received);
    add_api(routes, h, "GET", "/hub/api/users/{with}/shared/{user}/{server*}", get_received);
    add_api(routes, h, "DELETE", "/hub/api/users/{with}/shared/{user}/{server*}", give_up);
    add_api(routes, h, "GET", "/hub/api/groups/{group}/shared", list_received);
    add_api(routes, h, "GET", "/hub/api/groups/{group}/shared/{user}/{server*}", get_received);
    add_api(routes, h, "DELETE", "/hub/api/groups/{group}/shared/{user}/{server*}", give_up);
}

} // namespace berth::hub
