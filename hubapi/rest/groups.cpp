// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/models.hpp"
#include "hubapi/model/user_changes.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/pagination.hpp"
#include "hubapi/rest/routes.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;
using nlohmann::json;

namespace {

auth::target target_of(const request& r) { return auth::target::of_group(r.param("group")); }

response group_answer(hub& h, const principal& caller, int status, const std::string& name) {
    const auto* g = h.who.find_group(name);
    if (!g) return error_answer(404, "No such group: " + name);
    return http::make_json(status, to_json([&](json_writer& w) { write_group(w, h, *g, caller); }));
}

result<std::vector<std::int64_t>> user_ids(const hub& h, const std::vector<std::string>& names) {
    std::vector<std::int64_t> out;
    for (const auto& name : names) {
        const auto* u = h.who.find(name);
        if (!u) return fail(errc::invalid_argument, "No such user: " + name);
        out.push_back(u->id);
    }
    return out;
}

result<void> check_group(const json& body) {
    static const model_types known{{"name", "str"}, {"users", "list"}, {"roles", "list"}};
    return check_model("group", body, known);
}

// The members named in the body's "users", if there are any.
result<std::vector<std::int64_t>> optional_members(const hub& h, const json& body) {
    if (!body.contains("users") || body["users"].empty()) return std::vector<std::int64_t>{};
    auto names = read_names(body, "users", "Must specify users to add");
    if (!names) return fail(names.error());
    return user_ids(h, *names);
}

asio::awaitable<response> list_groups(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"list:groups"})) co_return std::move(*no);
    auto page = read_page(r);
    if (!page) co_return error_answer(page.error());
    std::string items;
    json_writer w(items);
    std::size_t total = 0, written = 0;
    w.open('[');
    for (const auto& [id, g] : h.who.groups()) {
        if (!caller.scopes->covers("list:groups", auth::target::of_group(g.name), h.who)) continue;
        if (total++ < page->offset || written >= page->limit) continue;
        write_group(w, h, g, caller);
        ++written;
    }
    w.close(']');
    co_return page_answer(r, *page, total, std::move(items));
}

asio::awaitable<response> create_groups(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"admin:groups"})) co_return std::move(*no);
    auto body = read_json(r);
    if (!body) co_return error_answer(body.error());
    auto names = read_names(*body, "groups", "Must specify at least one group to create");
    if (!names) co_return error_answer(names.error());
    body->erase("groups");
    if (auto ok = check_group(*body); !ok) co_return error_answer(ok.error());
    for (const auto& name : *names)
        if (!valid_group_name(name)) co_return error_answer(400, "Invalid group name: " + name);
    for (const auto& name : *names)
        if (auto no = refuse(h, caller, {"admin:groups"}, auth::target::of_group(name))) co_return std::move(*no);
    auto members = optional_members(h, *body);
    if (!members) co_return error_answer(members.error());
    const auto made = *names;
    if (auto done = co_await h.who.create_groups(std::move(*names), std::move(*members)); !done) co_return error_answer(done.error());
    co_return http::make_json(201, to_json([&](json_writer& w) {
        w.open('[');
        for (const auto& name : made)
            if (const auto* g = h.who.find_group(name)) write_group(w, h, *g, caller);
        w.close(']');
    }));
}

asio::awaitable<response> get_group(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"read:groups", "read:groups:name", "read:roles:groups"}, target_of(r))) co_return std::move(*no);
    co_return group_answer(h, caller, 200, r.param("group"));
}

asio::awaitable<response> create_group(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"admin:groups"}, target_of(r))) co_return std::move(*no);
    const auto name = r.param("group");
    if (!valid_group_name(name)) co_return error_answer(400, "Invalid group name: " + name);
    auto body = read_object(r);
    if (!body) co_return error_answer(body.error());
    if (auto ok = check_group(*body); !ok) co_return error_answer(ok.error());
    if (h.who.find_group(name)) co_return error_answer(409, fmt::format("Group {} already exists", name));
    auto members = optional_members(h, *body);
    if (!members) co_return error_answer(members.error());
    if (auto done = co_await h.who.create_groups(std::vector<std::string>(1, name), std::move(*members)); !done) co_return error_answer(done.error());
    co_return group_answer(h, caller, 201, name);
}

asio::awaitable<response> remove_group(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"delete:groups"}, target_of(r))) co_return std::move(*no);
    if (auto done = co_await delete_group(h, std::move(caller), r.param("group")); !done) co_return error_answer(done.error());
    co_return http::make_empty(204);
}

asio::awaitable<response> change_members(hub& h, principal caller, request r, bool add) {
    if (auto no = refuse(h, caller, {"groups"}, target_of(r))) co_return std::move(*no);
    const auto name = r.param("group");
    if (!h.who.find_group(name)) co_return error_answer(404, "No such group: " + name);
    auto body = read_object(r);
    if (!body) co_return error_answer(body.error());
    if (auto ok = check_group(*body); !ok) co_return error_answer(ok.error());
    if (!body->contains("users")) co_return error_answer(400, add ? "Must specify users to add" : "Must specify users to delete");
    auto ids = optional_members(h, *body);
    if (!ids) co_return error_answer(ids.error());
    auto done = add ? co_await h.who.add_members(name, *ids) : co_await h.who.remove_members(name, *ids);
    if (!done) co_return error_answer(done.error());
    co_return group_answer(h, caller, 200, name);
}

asio::awaitable<response> add_members(hub& h, principal caller, request r) {
    return change_members(h, std::move(caller), std::move(r), true);
}

asio::awaitable<response> remove_members(hub& h, principal caller, request r) {
    return change_members(h, std::move(caller), std::move(r), false);
}

asio::awaitable<response> put_properties(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"groups"}, target_of(r))) co_return std::move(*no);
    const auto name = r.param("group");
    if (!h.who.find_group(name)) co_return error_answer(404, "No such group: " + name);
    auto body = read_json(r);
    if (!body) co_return error_answer(body.error());
    if (!body->is_object()) co_return error_answer(400, "Must specify properties");
    if (auto done = co_await h.who.set_properties(name, body->dump()); !done) co_return error_answer(done.error());
    co_return group_answer(h, caller, 200, name);
}

} // namespace

void add_group_routes(http::router& routes, hub& h) {
    add_api(routes, h, "GET", "/hub/api/groups", list_groups);
    add_api(routes, h, "POST", "/hub/api/groups", create_groups);
    add_api(routes, h, "GET", "/hub/api/groups/{group}", get_group);
    add_api(routes, h, "POST", "/hub/api/groups/{group}", create_group);
    add_api(routes, h, "DELETE", "/hub/api/groups/{group}", remove_group);
    add_api(routes, h, "POST", "/hub/api/groups/{group}/users", add_members);
    add_api(routes, h, "DELETE", "/hub/api/groups/{group}/users", remove_members);
    add_api(routes, h, "PUT", "/hub/api/groups/{group}/properties", put_properties);
}

} // namespace berth::hub
