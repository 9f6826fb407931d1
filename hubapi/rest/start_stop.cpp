// SPDX-License-Identifier: BSD-3-Clause
// Starting and stopping servers: one by its path, or many at once.
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/orders.hpp"
#include "hubapi/rest/routes.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <span>
#include <vector>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;
using nlohmann::json;

namespace {

constexpr std::size_t most_at_once = 1000;

asio::awaitable<response> start(hub& h, principal caller, request r) {
    auto at = server_of(r);
    if (auto no = refuse(h, caller, {"start:servers"}, at.target())) co_return std::move(*no);
    auto body = read_json(r);
    if (!body) co_return error_answer(body.error());
    auto order = read_order(*body);
    if (!order) co_return error_answer(order.error());
    auto key = read_start_key(r, caller, *order);
    if (!key) co_return error_answer(key.error());
    const auto wait = read_wait(r);
    if (!wait) co_return error_answer(wait.error());
    order->key = std::move(*key);
    co_return co_await start_one(h, caller, std::move(at), std::move(*order), *wait);
}

result<bool> read_remove(const json& body) {
    const auto flag = body.value("remove", json(false));
    if (flag.is_null()) return false;
    if (flag.is_boolean()) return flag.get<bool>();
    return fail(errc::invalid_argument, "remove must be true or false, not " + flag.dump());
}

asio::awaitable<response> stop(hub& h, principal caller, request r) {
    auto at = server_of(r);
    if (auto no = refuse(h, caller, {"delete:servers"}, at.target())) co_return std::move(*no);
    if (!h.who.find(at.user)) co_return error_answer(404, "");
    auto body = read_object(r);
    if (!body) co_return error_answer(body.error());
    const auto remove = read_remove(*body);
    if (!remove) co_return error_answer(remove.error());
    const auto wait = read_wait(r);
    if (!wait) co_return error_answer(wait.error());
    co_return co_await stop_one(h, caller, std::move(at), *remove, *wait);
}

// --- many at once

struct item {
    named_server at;
    start_order order;
    bool remove = false;
    json answer; // {"user", "server", "status", "message"?, ...}
};

result<item> read_item(const json& given, bool starting) {
    const auto bad = [&](std::string_view what) {
        return fail(errc::invalid_argument, fmt::format("servers: {} in {}", what, given.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 200)));
    };
    if (!given.is_object() || !given.contains("user") || !given["user"].is_string()) return bad("\"user\" is missing or no string");
    item out;
    json rest = json::object();
    for (const auto& [key, value] : given.items()) {
        if (key == "user")
            out.at.user = value.get<std::string>();
        else if (key == "server" && value.is_string())
            out.at.server = value.get<std::string>();
        else if (starting && (key == "user_options" || key == "display_name"))
            rest[key] = value;
        else if (!starting && key == "remove" && value.is_boolean())
            out.remove = value.get<bool>();
        else
            return bad(fmt::format("\"{}\" is not known or has the wrong type", key));
    }
    if (!starting) return out;
    auto order = read_order(rest.empty() ? json(nullptr) : rest);
    if (!order) return bad(order.error().message);
    out.order = std::move(*order);
    return out;
}

result<std::vector<item>> read_items(const request& r, const principal& caller, bool starting) {
    const auto body = read_object(r);
    if (!body) return fail(body.error());
    const auto list = body->find("servers");
    if (list == body->end() || !list->is_array() || body->size() != 1 || list->empty() || list->size() > most_at_once)
        return fail(errc::invalid_argument,
                    fmt::format("the body must be {{\"servers\": [{{\"user\": \"NAME\", \"server\": \"\"}}, ...]}} with 1 to {} of them", most_at_once));
    std::vector<item> out;
    for (const auto& given : *list) {
        auto one = read_item(given, starting);
        if (!one) return fail(one.error());
        auto key = read_start_key(r, caller, one->order);
        if (!key) return fail(key.error());
        one->order.key = std::move(*key);
        out.push_back(std::move(*one));
    }
    return out;
}

json told(const item& i, const response& answer) {
    auto out = json::parse(answer.body, nullptr, false);
    if (!out.is_object()) out = json::object();
    if (answer.status < 400 && !out.empty()) out = json{{"model", std::move(out)}};
    out["user"] = i.at.user;
    out["server"] = i.at.server;
    out["status"] = answer.status;
    return out;
}

using carry_out = asio::awaitable<response> (*)(hub& h, const principal& caller, const item& i, std::optional<duration> wait);

asio::awaitable<response> start_item(hub& h, const principal& caller, const item& i, std::optional<duration> wait) {
    return start_one(h, caller, i.at, i.order, wait);
}
asio::awaitable<response> stop_item(hub& h, const principal& caller, const item& i, std::optional<duration> wait) {
    return stop_one(h, caller, i.at, i.remove, wait);
}

// All of them at once: their commits then share one.
asio::awaitable<void> carry_out_all(hub& h, const principal& caller, std::span<item> items, carry_out what, std::optional<duration> wait) {
    using namespace asio::experimental::awaitable_operators;
    if (items.size() > 1) {
        const auto half = items.size() / 2;
        co_await (carry_out_all(h, caller, items.first(half), what, wait) && carry_out_all(h, caller, items.subspan(half), what, wait));
        co_return;
    }
    for (auto& i : items) i.answer = told(i, co_await what(h, caller, i, wait));
}

asio::awaitable<response> many(hub& h, principal caller, request r, bool starting) {
    if (auto no = refuse(h, caller, {starting ? "start:servers" : "delete:servers"})) co_return std::move(*no);
    auto items = read_items(r, caller, starting);
    if (!items) co_return error_answer(items.error());
    const auto wait = read_wait(r);
    if (!wait) co_return error_answer(wait.error());
    co_await carry_out_all(h, caller, *items, starting ? start_item : stop_item, *wait);
    json out = json::array();
    for (auto& i : *items) out.push_back(std::move(i.answer));
    co_return http::make_json(200, json{{"servers", std::move(out)}}.dump(-1, ' ', false, json::error_handler_t::replace));
}

asio::awaitable<response> start_many(hub& h, principal caller, request r) { return many(h, std::move(caller), std::move(r), true); }
asio::awaitable<response> stop_many(hub& h, principal caller, request r) { return many(h, std::move(caller), std::move(r), false); }

} // namespace

void add_start_stop_routes(http::router& routes, hub& h) {
    for (const auto* pattern : {"/hub/api/users/{user}/server", "/hub/api/users/{user}/servers/", "/hub/api/users/{user}/servers/{server}"}) {
        add_api(routes, h, "POST", pattern, start);
        add_api(routes, h, "DELETE", pattern, stop);
    }
    add_api(routes, h, "POST", "/hub/api/servers/start", start_many);
    add_api(routes, h, "POST", "/hub/api/servers/stop", stop_many);
}

} // namespace berth::hub
