// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/login.hpp"
#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/models.hpp"
#include "hubapi/model/user_changes.hpp"
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

result<void> check_user(const json& body) {
    static const model_types known{{"name", "str"}, {"admin", "bool"}, {"groups", ""}, {"roles", ""}, {"auth_state", ""}};
    if (!body.is_object()) return fail(errc::invalid_argument, "Invalid JSON data: " + body.dump());
    return check_model("user", body, known);
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

asio::awaitable<response> create_users(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"admin:users"})) co_return std::move(*no);
    auto body = read_json(r);
    if (!body) co_return error_answer(body.error());
    auto names = read_names(*body, "usernames", "Must specify at least one user to create");
    if (!names) co_return error_answer(names.error());
    body->erase("usernames");
    if (auto ok = check_user(*body); !ok) co_return error_answer(ok.error());
    const bool admin = body->value("admin", false);
    if (admin && !may_grant_admin(h, caller)) co_return error_answer(403, "Only admins can grant admin permissions");
    for (const auto& name : *names)
        if (trim(name) != name) co_return error_answer(400, "Invalid username: " + name);
    auto good = valid_user_names(*names);
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
    if (auto ok = check_user(*body); !ok) co_return error_answer(ok.error());
    const bool admin = body->value("admin", false);
    if (admin && !may_grant_admin(h, caller)) co_return error_answer(403, "Only admins can grant admin permissions");
    // Checked but kept as it stands, upper case included, as JupyterHub does here (and here only).
    if (!auth::normalise_username(name) || trim(name) != name) co_return error_answer(400, "Invalid username: " + name);
    auto made = co_await h.who.create_users(std::vector<std::string>(1, name), admin);
    if (!made) co_return error_answer(made.error());
    if (made->empty()) co_return error_answer(409, fmt::format("User {} already exists", name));
    co_return user_answer(h, caller, 201, made->front());
}

asio::awaitable<response> patch_user(hub& h, principal caller, request r) {
    const auto name = r.param("user");
    if (auto no = refuse(h, caller, {"admin:users"}, auth::target::of_user(name))) co_return std::move(*no);
    const auto* u = h.who.find(name);
    if (!u) co_return error_answer(404, "");
    const auto id = u->id;
    auto body = read_json(r);
    if (!body) co_return error_answer(body.error());
    if (auto ok = check_user(*body); !ok) co_return error_answer(ok.error());
    for (const auto* key : {"groups", "roles", "auth_state"})
        if (body->contains(key)) co_return error_answer(400, fmt::format("user.{} cannot be changed here", key));
    user_change wanted;
    if (const auto at = body->find("name"); at != body->end()) wanted.name = at->get<std::string>();
    if (wanted.name && trim(*wanted.name) != *wanted.name) co_return error_answer(400, "Invalid username: " + *wanted.name);
    if (const auto at = body->find("admin"); at != body->end()) wanted.admin = at->get<bool>();
    if (auto done = co_await change_user(h, caller, id, std::move(wanted)); !done) co_return error_answer(done.error());
    co_return user_answer(h, caller, 200, id);
}

asio::awaitable<response> remove_user(hub& h, principal caller, request r) {
    const auto name = r.param("user");
    if (auto no = refuse(h, caller, {"delete:users"}, auth::target::of_user(name))) co_return std::move(*no);
    const auto* u = h.who.find(name);
    if (!u) co_return error_answer(404, "");
    if (auto done = co_await delete_user(h, std::move(caller), u->id); !done) co_return error_answer(done.error());
    co_return http::make_empty(204);
}

} // namespace

void add_user_routes(http::router& routes, hub& h) {
    add_api(routes, h, "POST", "/hub/api/users", create_users);
    add_api(routes, h, "GET", "/hub/api/users/{user}", get_user);
    add_api(routes, h, "POST", "/hub/api/users/{user}", create_user);
    add_api(routes, h, "PATCH", "/hub/api/users/{user}", patch_user);
    add_api(routes, h, "DELETE", "/hub/api/users/{user}", remove_user);
}

} // namespace berth::hub
