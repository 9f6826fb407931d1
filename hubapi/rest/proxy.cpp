// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/routes.hpp"

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;

namespace {

asio::awaitable<response> get_routes(hub& h, principal caller, request) {
    if (auto no = refuse(h, caller, {"proxy"})) co_return std::move(*no);
    auto all = co_await h.list_routes();
    if (!all) co_return error_answer(all.error());
    co_return http::make_json(200, std::move(*all));
}

asio::awaitable<response> check_routes(hub& h, principal caller, request) {
    if (auto no = refuse(h, caller, {"proxy"})) co_return std::move(*no);
    if (auto done = co_await h.check_routes(); !done) co_return error_answer(done.error());
    co_return http::make_json(200, "");
}

} // namespace

void add_proxy_routes(http::router& routes, hub& h) {
    add_api(routes, h, "GET", "/hub/api/proxy", get_routes);
    add_api(routes, h, "POST", "/hub/api/proxy", check_routes);
}

} // namespace berth::hub
