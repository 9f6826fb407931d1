// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/openapi/routes.hpp"

#include "hubapi/openapi/document.hpp"

#include <nlohmann/json.hpp>

namespace berth::openapi {
namespace asio = boost::asio;

namespace {

asio::awaitable<http::response> answer(std::shared_ptr<const std::string> text) {
    auto out = http::make_json(200, *text);
    out.headers.set("Access-Control-Allow-Origin", "*"); // for tools that browse APIs; there is no secret in it
    co_return out;
}

} // namespace

void add_routes(http::router& routes, const std::string& base) {
    const auto text = std::make_shared<const std::string>(document(base).dump());
    routes.add("GET", "/hub/api/openapi.json", [text](http::request) { return answer(text); });
}

} // namespace berth::openapi
