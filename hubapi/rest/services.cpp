// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/models.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/routes.hpp"

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;

namespace {

asio::awaitable<response> list_services(hub& h, principal caller, request) {
    if (auto no = refuse(h, caller, {"list:services"})) co_return std::move(*no);
    co_return http::make_json(200, to_json([&](json_writer& w) {
        w.open('{');
        for (const auto& s : h.config.services) {
            if (s.internal || !caller.scopes->covers("list:services", auth::target::of_service(s.name), h.who)) continue;
            w.key(s.name);
            write_service(w, h, s, caller);
        }
        w.close('}');
    }));
}

asio::awaitable<response> get_service(hub& h, principal caller, request r) {
    const auto name = r.param("service");
    if (auto no = refuse(h, caller, {"read:services", "read:services:name", "read:roles:services"}, auth::target::of_service(name)))
        co_return std::move(*no);
    for (const auto& s : h.config.services)
        if (s.name == name && !s.internal) co_return http::make_json(200, to_json([&](json_writer& w) { write_service(w, h, s, caller); }));
    co_return error_answer(404, "No such service: " + name);
}

} // namespace

void add_service_routes(http::router& routes, hub& h) {
    add_api(routes, h, "GET", "/hub/api/services", list_services);
    add_api(routes, h, "GET", "/hub/api/services/{service}", get_service);
}

} // namespace berth::hub
