// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/models.hpp"
#include "hubapi/model/servers.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/login_required.hpp"
#include "hubapi/rest/routes.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;
using nlohmann::json;

namespace {

// How long a stop waits for its confirmation before it answers 202. A start never waits: it answers as soon as it is
// durable, and the progress events tell the rest.
constexpr auto stop_patience = std::chrono::milliseconds(500);

constexpr auto unsaved_stop = "The server is being stopped. The hub's disk has not taken that yet: should the hub end before it does, "
                              "look whether the server is gone.\n";

struct named {
    std::string user, server;
    auth::target target() const { return auth::target::of_server(user, server); }
};

named target_of(const request& r) { return {r.param("user"), r.param("server")}; }

// The body as an order: whole as the options, or split when it has JupyterHub 6's members.
result<start_order> read_order(const request& r) {
    start_order order;
    auto body = read_json(r);
    if (!body) return fail(body.error());
    if (body->is_null()) return order;
    if (!body->is_object()) return fail(errc::invalid_argument, "user options must be a JSON object");
    if (!body->contains("user_options") && !body->contains("display_name")) {
        order.user_options = body->dump();
        return order;
    }
    for (const auto& [key, value] : body->items()) {
        if (key == "user_options" && value.is_object())
            order.user_options = value.dump();
        else if (key == "display_name" && value.is_string())
            order.display_name = value.get<std::string>();
        else if (!value.is_null())
            return fail(errc::invalid_argument, fmt::format("Invalid member '{}': user_options must be an object, display_name a string", key));
    }
    if (order.display_name && order.display_name->size() > 255) return fail(errc::invalid_argument, "display_name is longer than 255 bytes");
    return order;
}

response server_answer(hub& h, const principal& caller, int status, const user& u, const std::string& name) {
    const auto* known = h.servers.find({u.id, name});
    if (!known && !name.empty()) return error_answer(404, "");
    const auto s = known ? *known : never_started(h, u, name);
    const bool state = caller.scopes->covers("admin:server_state", auth::target::of_server(u.name, name), h.who);
    return http::make_json(status, to_json([&](json_writer& w) { write_server(w, h, u, s, state); }));
}

asio::awaitable<response> get_server(hub& h, principal caller, request r) {
    const auto at = target_of(r);
    if (auto no = refuse(h, caller, {"read:servers"}, at.target())) co_return std::move(*no);
    const auto* u = h.who.find(at.user);
    if (!u) co_return error_answer(404, "");
    co_return server_answer(h, caller, 200, *u, at.server);
}

asio::awaitable<response> start(hub& h, principal caller, request r) {
    const auto at = target_of(r);
    if (auto no = refuse(h, caller, {"start:servers"}, at.target())) co_return std::move(*no);
    const auto* u = h.who.find(at.user);
    if (!u) co_return error_answer(404, "");
    auto order = read_order(r);
    if (!order) co_return error_answer(order.error());
    order->user_id = u->id;
    order->server = at.server;
    const auto* before = h.servers.find({u->id, at.server});
    if (before && before->pending() == "spawn") co_return http::make_text(202, "");
    if (auto done = co_await start_server(h, std::move(*order)); !done)
        co_return done.error().code == errc::login_required ? login_required_answer(h, at.user, at.server, done.error()) : error_answer(done.error());
    co_return http::make_text(202, "");
}

asio::awaitable<response> define(hub& h, principal caller, request r, bool create) {
    const auto at = target_of(r);
    if (auto no = refuse(h, caller, {"start:servers"}, at.target())) co_return std::move(*no);
    const auto* u = h.who.find(at.user);
    if (!u) co_return error_answer(404, "");
    const auto* before = h.servers.find({u->id, at.server});
    if (create && before) co_return error_answer(409, fmt::format("{} already has a server named '{}'", at.user, at.server));
    if (!create && !before) co_return error_answer(404, fmt::format("{} has no server named '{}'", at.user, at.server));
    if (before && before->active()) co_return error_answer(400, "Stop the server before it is changed");
    auto order = read_order(r);
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

asio::awaitable<response> stop(hub& h, principal caller, request r) {
    const auto at = target_of(r);
    if (auto no = refuse(h, caller, {"delete:servers"}, at.target())) co_return std::move(*no);
    const auto* u = h.who.find(at.user);
    if (!u) co_return error_answer(404, "");
    auto body = read_object(r);
    if (!body) co_return error_answer(body.error());
    const auto flag = body->value("remove", json(false));
    if (!flag.is_boolean()) co_return error_answer(400, "remove must be true or false, not " + flag.dump());
    const bool remove = flag.get<bool>();
    if (remove && at.server.empty()) co_return error_answer(400, "Cannot delete the default server");
    const scheduler::server_key key{u->id, at.server};
    if (!h.servers.find(key)) {
        if (at.server.empty()) co_return http::make_empty(204);
        co_return error_answer(404, fmt::format("{} has no server named '{}'", at.user, at.server));
    }
    auto saved = co_await stop_server(h, key, remove);
    if (!saved) co_return error_answer(saved.error());
    if (!*saved) co_return http::make_text(202, unsaved_stop);
    co_await settled(h, key, stop_patience);
    const auto* s = h.servers.find(key);
    co_return s && s->active() ? http::make_text(202, "") : http::make_empty(204);
}

} // namespace

void add_server_routes(http::router& routes, hub& h) {
    for (const auto* pattern : {"/hub/api/users/{user}/server", "/hub/api/users/{user}/servers/{server}"}) {
        add_api(routes, h, "GET", pattern, get_server);
        add_api(routes, h, "POST", pattern, start);
        add_api(routes, h, "DELETE", pattern, stop);
    }
    add_api(routes, h, "PUT", "/hub/api/users/{user}/servers/{server}", create);
    add_api(routes, h, "PATCH", "/hub/api/users/{user}/servers/{server}", change);
}

} // namespace berth::hub
