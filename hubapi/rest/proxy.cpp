// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/pagination.hpp"
#include "hubapi/rest/routes.hpp"

#include <nlohmann/json.hpp>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;

namespace {

asio::awaitable<response> get_routes(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"proxy"})) co_return std::move(*no);
    const auto page = read_page(r);
    if (!page) co_return error_answer(page.error());
    auto all = co_await h.list_routes();
    if (!all) co_return error_answer(all.error());
    const bool some = page->paged || http::find_value(r.query, "limit") || http::find_value(r.query, "offset");
    if (!some) co_return http::make_json(200, std::move(*all));
    const auto table = nlohmann::json::parse(*all, nullptr, false);
    auto items = nlohmann::json::object();
    std::size_t at = 0; // in the order of their paths
    for (const auto& [path, route] : table.items())
        if (at++ >= page->offset && items.size() < page->limit) items[path] = route;
    co_return page_answer(r, *page, table.size(), items.dump());
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
