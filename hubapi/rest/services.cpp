// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/models.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/routes.hpp"
#include "hubapi/rest/service_bodies.hpp"

#include <nlohmann/json.hpp>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;

namespace {

asio::awaitable<response> list_services(hub& h, principal caller, request) {
    if (auto no = refuse(h, caller, {"list:services"})) co_return std::move(*no);
    co_return http::make_json(200, to_json([&](json_writer& w) {
        w.open('{');
        for (const auto* s : h.services.all()) {
            if (s->internal || !caller.scopes->covers("list:services", auth::target::of_service(s->name), h.who)) continue;
            w.key(s->name);
            write_service(w, h, *s, caller);
        }
        w.close('}');
    }));
}

response service_answer(hub& h, const principal& caller, int status, const std::string& name) {
    const auto* s = h.services.find(name);
    if (!s || s->internal) return error_answer(404, "No such service: " + name);
    return http::make_json(status, to_json([&](json_writer& w) { write_service(w, h, *s, caller); }));
}

asio::awaitable<response> get_service(hub& h, principal caller, request r) {
    const auto name = r.param("service");
    if (auto no = refuse(h, caller, {"read:services", "read:services:name", "read:roles:services"}, auth::target::of_service(name)))
        co_return std::move(*no);
    co_return service_answer(h, caller, 200, name);
}

// A front door that does not hear of it now is told with the next look at all routes.
asio::awaitable<void> tell_door(hub& h, std::string name) {
    if (!h.route_service) co_return;
    if (auto told = co_await h.route_service(name); !told)
        h.log.warning("service.route_not_told", {{"service", name}, {"why", told.error()}});
}

asio::awaitable<response> add_service(hub& h, principal caller, request r) {
    const auto name = r.param("service");
    if (auto no = refuse(h, caller, {"admin:services"}, auth::target::of_service(name))) co_return std::move(*no);
    auto body = read_json(r);
    if (!body) co_return error_answer(body.error());
    if (h.services.find(name)) co_return error_answer(409, "Service " + name + " already exists");
    auto wanted = read_new_service(h, name, *body);
    if (!wanted) co_return error_answer(wanted.error());
    if (auto ok = may_give(h, caller, wanted->what); !ok) co_return error_answer(ok.error());
    const bool routed = !wanted->what.url.empty();
    if (auto done = co_await h.services.add(std::move(wanted->what), std::move(wanted->token)); !done) co_return error_answer(done.error());
    h.log.info("service.added", {{"service", name}, {"by", caller.name}});
    if (routed) co_await tell_door(h, name);
    co_return service_answer(h, caller, 201, name);
}

asio::awaitable<response> delete_service(hub& h, principal caller, request r) {
    const auto name = r.param("service");
    if (auto no = refuse(h, caller, {"admin:services"}, auth::target::of_service(name))) co_return std::move(*no);
    const auto* s = h.services.find(name);
    if (!s) co_return error_answer(404, "Service " + name + " does not exist");
    if (!h.services.is_added(name)) co_return error_answer(405, "Service " + name + " is not modifiable at runtime");
    const bool routed = !s->url.empty();
    if (auto done = co_await h.services.remove(name); !done) co_return error_answer(done.error());
    h.log.info("service.removed", {{"service", name}, {"by", caller.name}});
    if (routed) co_await tell_door(h, name);
    co_return http::make_json(200, "");
}

} // namespace

void add_service_routes(http::router& routes, hub& h) {
    add_api(routes, h, "GET", "/hub/api/services", list_services);
    add_api(routes, h, "GET", "/hub/api/services/{service}", get_service);
    add_api(routes, h, "POST", "/hub/api/services/{service}", add_service);
    add_api(routes, h, "DELETE", "/hub/api/services/{service}", delete_service);
}

} // namespace berth::hub
