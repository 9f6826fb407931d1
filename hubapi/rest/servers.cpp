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

asio::awaitable<response> define(hub& h, principal caller, request r, bool create) {
    const auto at = server_of(r);
    if (auto no = refuse(h, caller, {"start:servers"}, at.target())) co_return std::move(*no);
    const auto* u = h.who.find(at.user);
    if (!u) co_return error_answer(404, "");
    const auto* before = h.servers.find({u->id, at.server});
    if (create && before) co_return error_answer(409, fmt::format("{} already has a server named '{}'", at.user, at.server));
    if (!create && !before) co_return error_answer(404, fmt::format("{} has no server named '{}'", at.user, at.server));
    if (before && before->active()) co_return error_answer(400, "Stop the server before it is changed");
    auto body = read_json(r);
    if (!body) co_return error_answer(body.error());
    auto order = read_order(*body);
    if (!order) co_return error_answer(order.error());
    order->user_id = u->id;
    order->server = at.server;
    const auto id = u->id;
    if (auto done = co_await define_server(h, std::move(*order)); !done) co_return error_answer(done.error());
    u = h.who.find(id);
    co_return u ? server_answer(h, caller, create ? 201 : 200, *u, at.server) : error_answer(404, "");
}

asio::awaitable<response> create(hub& h, principal caller, request r) { return define(h, std::move(caller), std::move(r), true); }
asio::awaitable<response> change(hub& h, principal caller, request r) { return define(h, std::move(caller), std::move(r), false); }

} // namespace

void add_server_routes(http::router& routes, hub& h) {
    for (const auto* pattern : {"/hub/api/users/{user}/server", "/hub/api/users/{user}/servers/{server}"}) {
        add_api(routes, h, "GET", pattern, get_server);
    }
    add_api(routes, h, "PUT", "/hub/api/users/{user}/servers/{server}", create);
    add_api(routes, h, "PATCH", "/hub/api/users/{user}/servers/{server}", change);
}

} // namespace berth::hub
