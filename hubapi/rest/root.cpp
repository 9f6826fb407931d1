// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/metrics.hpp"
#include "hubapi/model/models.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/routes.hpp"

#include <nlohmann/json.hpp>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;

namespace {

asio::awaitable<response> version(hub& h) {
    auto out = http::make_json(200, to_json([&](json_writer& w) {
        w.open('{').key("version").text(h.config.jupyterhub_version).close('}');
    }));
    out.headers.set("Access-Control-Allow-Origin", "*");
    co_return out;
}

// Always 200: supervisors restart what is not healthy, and neither a restart nor another hub mends a disk. The note is
// for monitors; a stranger learns no path from it.
asio::awaitable<response> health(hub& h) {
    co_return http::make_html(200, h.disk_trouble() ? "degraded: changes cannot be saved, see the hub's log\n" : "");
}

asio::awaitable<response> info(hub& h, principal caller, request) {
    if (auto no = refuse(h, caller, {"read:hub"})) co_return std::move(*no);
    co_return http::make_json(200, to_json([&](json_writer& w) {
        const auto part = [&](std::string_view name, const std::string& what) {
            w.key(name).open('{').key("class").text(what).key("version").text(BERTH_VERSION).close('}');
        };
        w.open('{').key("version").text(h.config.jupyterhub_version).key("python").text("").key("sys_executable").text("");
        part("spawner", "berth.spawner");
        part("authenticator", "berth.login." + h.config.login_method);
        w.close('}');
    }));
}

void write_identity(json_writer& w, const principal& caller) {
    w.key("token_id");
    caller.token_id ? w.text("a" + std::to_string(caller.token_id)) : w.null();
    w.key("session_id").text_or_null(caller.token_id ? caller.session_id : "");
    w.key("scopes").texts(caller.scopes->to_strings());
}

asio::awaitable<response> whoami(hub& h, principal caller, request) {
    const auto more = [&](json_writer& w) { write_identity(w, caller); };
    if (!caller.is_user()) {
        if (const auto* s = h.services.find(caller.name))
            co_return http::make_json(200, to_json([&](json_writer& w) { write_service(w, h, *s, caller, more); }));
        co_return error_answer(403, "Missing or invalid credentials.");
    }
    const auto* u = h.who.find(caller.user_id);
    user_view view;
    view.identify = true;
    co_return http::make_json(200, to_json([&](json_writer& w) { write_user(w, h, *u, caller, view, more); }));
}

asio::awaitable<response> metrics(hub& h, principal caller, request) {
    if (auto no = refuse(h, caller, {"read:metrics"})) co_return std::move(*no);
    auto out = http::make_text(200, h.metrics.render(h));
    out.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    co_return out;
}

asio::awaitable<response> shutdown(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"shutdown"})) co_return std::move(*no);
    auto body = read_object(r);
    if (!body) co_return error_answer(body.error());
    for (const auto* key : {"proxy", "servers"})
        if (const auto at = body->find(key); at != body->end() && !at->is_boolean())
            co_return error_answer(400, std::string(key) + " value must be true or false, got " + at->dump());
    const bool servers = body->value("servers", false);
    h.log.warning("hub.shutdown_requested", {{"by", caller.name}, {"servers", servers}});
    if (h.shut_down) h.shut_down(servers);
    co_return http::make_json(202, R"({"message": "Shutting down Hub"})");
}

} // namespace

void add_root_routes(http::router& routes, hub& h) {
    routes.add("GET", "/hub/api", [&h](request) { return version(h); });
    routes.add("GET", "/hub/api/", [&h](request) { return version(h); });
    routes.add("GET", "/hub/health", [&h](request) { return health(h); });
    routes.add("GET", "/hub/api/health", [&h](request) { return health(h); });
    add_api(routes, h, "GET", "/hub/api/info", info);
    add_api(routes, h, "GET", "/hub/api/user", whoami);
    add_api(routes, h, "GET", "/hub/metrics", metrics);
    add_api(routes, h, "GET", "/hub/api/metrics", metrics);
    add_api(routes, h, "POST", "/hub/api/shutdown", shutdown);
}

} // namespace berth::hub
