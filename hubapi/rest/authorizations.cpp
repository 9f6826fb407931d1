// SPDX-License-Identifier: BSD-3-Clause
// /hub/api/authorizations/token/{token}: whose token it is, for services from before GET /user; only for callers with a token of
// their own. Cookies are not told of.
#include "hubapi/model/models.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/routes.hpp"

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;

namespace {

asio::awaitable<response> owner_of_token(hub& h, principal caller, request r) {
    if (caller.by_cookie()) co_return error_answer(403, "Missing or invalid credentials.");
    const auto* t = h.tokens.authenticate(r.param("token"));
    const auto* u = t && t->user_id ? h.who.find(*t->user_id) : nullptr;
    user_view view;
    view.identify = true;
    if (u) co_return http::make_json(200, to_json([&](json_writer& w) { write_user(w, h, *u, caller, view); }));
    const auto* s = t && !t->user_id ? h.services.find(t->service) : nullptr;
    if (s && !s->internal) co_return http::make_json(200, to_json([&](json_writer& w) { write_service(w, h, *s, caller, [](json_writer&) {}); }));
    co_return error_answer(404, "");
}

asio::awaitable<response> owner_of_cookie(hub&, principal caller, request) {
    co_return error_answer(caller.by_cookie() ? 403 : 404, "");
}

} // namespace

void add_authorization_routes(http::router& routes, hub& h) {
    add_api(routes, h, "GET", "/hub/api/authorizations/token/{token}", owner_of_token);
    add_api(routes, h, "GET", "/hub/api/authorizations/cookie/{name}", owner_of_cookie);
    add_api(routes, h, "GET", "/hub/api/authorizations/cookie/{name}/{value}", owner_of_cookie);
}

} // namespace berth::hub
