// SPDX-License-Identifier: BSD-3-Clause
// What servers are: reading, defining, changing them.
#include "hubapi/model/models.hpp"
#include "hubapi/model/servers.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/orders.hpp"
#include "hubapi/rest/routes.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;
using nlohmann::json;

namespace {

response server_answer(hub& h, const principal& caller, int status, const user& u, const std::string& name) {
    const auto* known = h.servers.find({u.id, name});
    if (!known && !name.empty()) return error_answer(404, "");
    const auto s = known ? *known : never_started(h, u, name);
    const bool state = caller.scopes->covers("admin:server_state", auth::target::of_server(u.name, name), h.who);
    return http::make_json(status, to_json([&](json_writer& w) { write_server(w, h, u, s, state); }));
}

asio::awaitable<response> get_server(hub& h, principal caller, request r) {
    const auto at = server_of(r);
    if (auto no = refuse(h, caller, {"read:servers"}, at.target())) co_return std::move(*no);
    const auto* u = h.who.find(at.user);
    if (!u) co_return error_answer(404, "");
    co_return server_answer(h, caller, 200, *u, at.server);
}

asio::awaitable<response> create(hub& h, principal caller, request r) {
    const auto at = server_of(r);
    if (auto no = refuse(h, caller, {"start:servers"}, at.target())) co_return std::move(*no);
    const auto* u = h.who.find(at.user);
    if (!u) co_return error_answer(404, "");
    if (at.server.empty()) co_return error_answer(409, at.user + " already has a default server");
    if (h.servers.find({u->id, at.server})) co_return error_answer(409, fmt::format("{} already has a server named '{}'", at.user, at.server));
    auto body = read_json(r);
    if (!body) co_return error_answer(body.error());
    auto order = read_order(*body);
    if (!order) co_return error_answer(order.error());
    order->user_id = u->id;
    order->server = at.server;
    const auto id = u->id;
    if (auto done = co_await define_server(h, std::move(*order)); !done) co_return error_answer(done.error());
    u = h.who.find(id);
    co_return u ? server_answer(h, caller, 201, *u, at.server) : error_answer(404, "");
}

struct change_order {
    std::optional<std::string> name;
    start_order rest;
};

result<change_order> read_change(const request& r) {
    auto body = read_object(r);
    if (!body) return fail(body.error());
    if (body->empty()) return fail(errc::invalid_argument, "Must specify at least one field to modify.");
    change_order out;
    for (const auto& [key, value] : body->items()) {
        const bool text = value.is_string() && value.get_ref<const std::string&>().size() <= 255;
        if (key == "user_options" && value.is_object())
            out.rest.user_options = value.dump();
        else if (key == "display_name" && text)
            out.rest.display_name = value.get<std::string>();
        else if (key == "name" && text)
            out.name = value.get<std::string>();
        else if (key == "user_options" || !value.is_null())
            return fail(errc::invalid_argument,
                        fmt::format("Invalid member '{}': user_options must be an object, name and display_name strings of at most 255 bytes", key));
    }
    return out;
}

// JupyterHub's order: the new name's form, then whether the server is there and still, then whether the name is free.
std::optional<response> refuse_change(hub& h, const scheduler::server_key& key, const std::optional<std::string>& name) {
    if (name && !h.config.allow_named_servers) return error_answer(400, "Named servers are not enabled.");
    if (name && !valid_server_name(*name)) return error_answer(400, fmt::format("Invalid server_name: '{}'", *name));
    if (name && key.name.empty() && !may_have_another(h, key.user_id)) return error_answer(400, "The limit of named servers is reached.");
    const auto* before = h.servers.find(key);
    if (!before) return error_answer(404, fmt::format("There is no server named '{}'", key.name));
    if (before->active()) return error_answer(400, "The server is active. Please stop it before modifying it.");
    if (name && h.servers.find({key.user_id, *name})) return error_answer(409, fmt::format("There is a server named '{}' already", *name));
    return std::nullopt;
}

asio::awaitable<response> change(hub& h, principal caller, request r) {
    const auto at = server_of(r);
    if (auto no = refuse(h, caller, {"start:servers"}, at.target())) co_return std::move(*no);
    const auto* u = h.who.find(at.user);
    if (!u) co_return error_answer(404, "");
    auto wanted = read_change(r);
    if (!wanted) co_return error_answer(wanted.error());
    const scheduler::server_key key{u->id, at.server};
    if (auto no = refuse_change(h, key, wanted->name)) co_return std::move(*no);
    wanted->rest.user_id = key.user_id;
    wanted->rest.server = key.name;
    if (wanted->rest.user_options || wanted->rest.display_name)
        if (auto done = co_await define_server(h, std::move(wanted->rest)); !done) co_return error_answer(done.error());
    if (wanted->name)
        if (auto done = co_await rename_server(h, key, *wanted->name); !done) co_return error_answer(done.error());
    u = h.who.find(key.user_id);
    co_return u ? server_answer(h, caller, 200, *u, wanted->name.value_or(at.server)) : error_answer(404, "");
}

// What hubs before JupyterHub 0.8 had: OAuth has made it unnecessary.
asio::awaitable<response> admin_access(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"servers"}, auth::target::of_user(r.param("user")))) co_return std::move(*no);
    co_return error_answer(403, "admin access to user servers disabled");
}

} // namespace

void add_server_routes(http::router& routes, hub& h) {
    for (const auto* pattern : {"/hub/api/users/{user}/server", "/hub/api/users/{user}/servers/", "/hub/api/users/{user}/servers/{server}"}) {
        add_api(routes, h, "GET", pattern, get_server);
        add_api(routes, h, "PUT", pattern, create);
        add_api(routes, h, "PATCH", pattern, change);
    }
    add_api(routes, h, "POST", "/hub/api/users/{user}/admin-access", admin_access);
}

} // namespace berth::hub
