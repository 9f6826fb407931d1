// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/login.hpp"
#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/models.hpp"
#include "hubapi/model/servers.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/routes.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;
using nlohmann::json;

namespace {

constexpr auto stop_patience = std::chrono::seconds(10);

bool may_grant_admin(hub& h, const principal& caller) {
    // Only who is an admin makes others so; a service is none (hub contract 1.4).
    const auto* u = h.who.find(caller.user_id);
    return u && u->admin;
}

std::string type_name(const json& v) {
    static const std::map<std::string, std::string> python{{"string", "str"}, {"boolean", "bool"}, {"number", "int"},
                                                           {"null", "NoneType"}, {"array", "list"}, {"object", "dict"}};
    const auto at = python.find(v.type_name());
    return at == python.end() ? v.type_name() : at->second;
}

// Checks the members of a user model that a client may send.
result<void> check_model(const json& body, std::initializer_list<std::string_view> allowed) {
    if (!body.is_object()) return fail(errc::invalid_argument, "Invalid JSON data: " + body.dump());
    for (const auto& [key, value] : body.items()) {
        if (std::ranges::find(allowed, key) == allowed.end()) return fail(errc::invalid_argument, "Invalid JSON keys: " + key);
        const bool good = key == "admin" ? value.is_boolean() : key == "name" ? value.is_string() : true;
        if (!good)
            return fail(errc::invalid_argument, fmt::format("user.{} must be <class '{}'>, not: <class '{}'>", key,
                                                            key == "admin" ? "bool" : "str", type_name(value)));
    }
    return {};
}

response user_answer(hub& h, const principal& caller, int status, std::int64_t id, const user_view& view = {}) {
    const auto* u = h.who.find(id);
    if (!u) return error_answer(404, "");
    return http::make_json(status, to_json([&](json_writer& w) { write_user(w, h, *u, caller, view); }));
}

asio::awaitable<response> get_user(hub& h, principal caller, request r) {
    const auto name = r.param("user");
    if (auto no = refuse(h, caller, {"read:users", "read:users:name", "read:servers", "read:users:groups", "read:users:activity", "read:roles:users"},
                         auth::target::of_user(name)))
        co_return std::move(*no);
    const auto* u = h.who.find(name);
    if (!u) co_return error_answer(404, "");
    user_view view;
    view.include_stopped = asks_for_stopped(r);
    view.include_auth_state = true;
    co_return user_answer(h, caller, 200, u->id, view);
}

result<std::vector<std::string>> valid_names(const std::vector<std::string>& names) {
    std::vector<std::string> out;
    for (const auto& name : names) {
        auto good = auth::normalise_username(name);
        if (!good) return fail(errc::invalid_argument, "Invalid username: " + name);
        out.push_back(std::move(*good));
    }
    return out;
}

asio::awaitable<response> create_users(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"admin:users"})) co_return std::move(*no);
    auto body = read_json(r);
    if (!body) co_return error_answer(body.error());
    auto names = read_names(*body, "usernames", "Must specify at least one user to create");
    if (!names) co_return error_answer(names.error());
    const auto flag = body->find("admin");
    if (flag != body->end() && !flag->is_boolean())
        co_return error_answer(400, fmt::format("user.admin must be <class 'bool'>, not: <class '{}'>", type_name(*flag)));
    const bool admin = flag != body->end() && flag->get<bool>();
    if (admin && !may_grant_admin(h, caller)) co_return error_answer(403, "Only admins can grant admin permissions");
    auto good = valid_names(*names);
    if (!good) co_return error_answer(good.error());
    for (const auto& name : *good)
        if (auto no = refuse(h, caller, {"admin:users"}, auth::target::of_user(name))) co_return std::move(*no);
    const auto all = good->size() == 1 ? good->front() : fmt::format("all {} users", good->size());
    auto made = co_await h.who.create_users(*good, admin);
    if (!made) co_return error_answer(made.error());
    if (made->empty()) co_return error_answer(409, fmt::format("{} already exist", all));
    co_return http::make_json(201, to_json([&](json_writer& w) {
        w.open('[');
        for (const auto& name : *good) { // a name given twice is listed twice
            const auto* u = h.who.find(name);
            if (u && std::ranges::binary_search(*made, u->id)) write_user(w, h, *u, caller, {});
        }
        w.close(']');
    }));
}

asio::awaitable<response> create_user(hub& h, principal caller, request r) {
    const auto name = r.param("user");
    if (auto no = refuse(h, caller, {"admin:users"}, auth::target::of_user(name))) co_return std::move(*no);
    auto body = read_object(r);
    if (!body) co_return error_answer(body.error());
    if (auto ok = check_model(*body, {"admin", "name", "auth_state"}); !ok) co_return error_answer(ok.error());
    const bool admin = body->value("admin", false);
    if (admin && !may_grant_admin(h, caller)) co_return error_answer(403, "Only admins can grant admin permissions");
    // Checked but kept as it stands, upper case included, as JupyterHub does here (and here only).
    if (!auth::normalise_username(name) || trim(name) != name) co_return error_answer(400, "Invalid username: " + name);
    auto made = co_await h.who.create_users(std::vector<std::string>(1, name), admin);
    if (!made) co_return error_answer(made.error());
    if (made->empty()) co_return error_answer(409, fmt::format("User {} already exists", name));
    co_return user_answer(h, caller, 201, made->front());
}

asio::awaitable<response> change_user(hub& h, principal caller, request r) {
    const auto name = r.param("user");
    if (auto no = refuse(h, caller, {"admin:users"}, auth::target::of_user(name))) co_return std::move(*no);
    const auto* u = h.who.find(name);
    if (!u) co_return error_answer(404, "");
    const auto id = u->id;
    const bool was_admin = u->admin;
    auto body = read_json(r);
    if (!body) co_return error_answer(body.error());
    if (auto ok = check_model(*body, {"name", "admin", "auth_state"}); !ok) co_return error_answer(ok.error());
    if (was_admin && !may_grant_admin(h, caller)) co_return error_answer(403, "Only admins can modify other admins");
    const auto wanted_admin = body->contains("admin") ? body->at("admin").get<bool>() : was_admin;
    if (wanted_admin != was_admin && !may_grant_admin(h, caller)) co_return error_answer(403, "Only admins can grant admin permissions");
    if (const auto at = body->find("name"); at != body->end() && at->get<std::string>() != name) {
        auto good = auth::normalise_username(at->get<std::string>());
        if (!good) co_return error_answer(400, "Invalid username: " + at->get<std::string>());
        auto done = co_await h.who.rename(id, *good);
        if (!done) co_return error_answer(done.error().code == errc::already_exists ? failure{errc::invalid_argument, done.error().message} : done.error());
        if (done = co_await h.servers.rename_user(id, *good); !done) co_return error_answer(done.error());
    }
    if (auto done = co_await h.who.set_admin(id, wanted_admin); !done) co_return error_answer(done.error());
    co_return user_answer(h, caller, 200, id);
}

// Stops every server of the user and waits for it; false when one is still there.
asio::awaitable<bool> stop_all(hub& h, std::int64_t user_id) {
    std::vector<scheduler::server_key> keys;
    for (const auto* s : h.servers.of_user(user_id)) keys.push_back(s->key);
    for (const auto& key : keys) (void)co_await h.servers.stop(key, true);
    for (const auto& key : keys) {
        co_await settled(h, key, stop_patience);
        if (const auto* s = h.servers.find(key); s && s->active()) co_return false;
    }
    co_return true;
}

asio::awaitable<response> delete_user(hub& h, principal caller, request r) {
    const auto name = r.param("user");
    if (auto no = refuse(h, caller, {"delete:users"}, auth::target::of_user(name))) co_return std::move(*no);
    const auto* u = h.who.find(name);
    if (!u) co_return error_answer(404, "");
    const auto id = u->id;
    if (caller.user_id == id) co_return error_answer(400, "Cannot delete yourself!");
    const bool stopped = co_await stop_all(h, id);
    if (stopped) {
        if (auto done = co_await h.sessions.end_user(id); !done) co_return error_answer(done.error());
        if (auto done = co_await h.tokens.revoke_user(id); !done) co_return error_answer(done.error());
    }
    // Somebody may have started a server meanwhile: it must not outlive its owner.
    if (!stopped || std::ranges::any_of(h.servers.of_user(id), [](const auto* s) { return s->active(); }))
        co_return error_answer(400, fmt::format("{}'s server is in the process of stopping, please wait.", name));
    if (auto done = co_await h.who.remove_user(id); !done) co_return error_answer(done.error());
    h.log.info("user.deleted", {{"user", name}, {"by", caller.name}});
    co_return http::make_empty(204);
}

} // namespace

void add_user_routes(http::router& routes, hub& h) {
    add_api(routes, h, "POST", "/hub/api/users", create_users);
    add_api(routes, h, "GET", "/hub/api/users/{user}", get_user);
    add_api(routes, h, "POST", "/hub/api/users/{user}", create_user);
    add_api(routes, h, "PATCH", "/hub/api/users/{user}", change_user);
    add_api(routes, h, "DELETE", "/hub/api/users/{user}", delete_user);
}

} // namespace berth::hub
