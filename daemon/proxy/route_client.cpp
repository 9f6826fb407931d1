// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/route_client.hpp"

#include "daemon/runtime/time_text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace berth::proxy {
namespace {

using boost::asio::awaitable;

std::string routes_path(const std::string& routespec) {
    auto spec = routespec;
    while (spec.ends_with('/')) spec.pop_back();
    return "/api/routes" + (spec.empty() ? std::string("/") : spec.starts_with('/') ? spec : "/" + spec);
}

// What the door's answer means where `expected` did not come.
std::unexpected<failure> refusal(const http_answer& a) {
    const auto words = a.body.substr(0, 200);
    if (a.status == 403)
        return fail(errc::denied,
                    "the front door does not accept the hub's token; compare [proxy] api_token");
    if (a.status == 404 || a.status == 405)
        return fail(errc::not_found, "the front door does not know this call");
    if (a.status == 409)
        if (const auto v = nlohmann::json::parse(a.body, nullptr, false); v.is_object())
            return fail(errc::conflict, v.value("message", words));
    if (a.status < 500)
        return fail(errc::invalid_argument, fmt::format("the front door answered {}: {}", a.status, words));
    return fail(errc::unavailable, fmt::format("the front door answered {}: {}", a.status, words));
}

bool may_pass(const result<http_answer>& r) {
    if (r) return r->status >= 500;
    return r.error().code == errc::unavailable || r.error().code == errc::outcome_unknown ||
           r.error().code == errc::timed_out;
}

result<std::vector<listed_route>> read_list(const std::string& body) {
    const auto table = nlohmann::json::parse(body, nullptr, false);
    if (!table.is_object())
        return fail(errc::unavailable, "the front door's list of routes is not a JSON object");
    std::vector<listed_route> out;
    for (const auto& [spec, data] : table.items()) {
        if (!data.is_object()) continue;
        listed_route r{.routespec = spec, .target = "", .data = data.dump(), .last_activity = {}};
        if (const auto t = data.find("target"); t != data.end() && t->is_string())
            r.target = t->get<std::string>();
        if (const auto t = data.find("last_activity"); t != data.end() && t->is_string())
            r.last_activity = parse_iso8601(t->get<std::string>());
        out.push_back(std::move(r));
    }
    return out;
}

} // namespace

route_client::route_client(http_client& http, clock& time, logger& log, route_client_settings config)
    : http_(http)
    , clock_(time)
    , log_(log)
    , config_(std::move(config)) {}

http_call route_client::prepare(std::string method, const std::string& path, std::string body) const {
    http_call c;
    c.method = std::move(method);
    c.timeout = config_.deadline;
    c.body = std::move(body);
    if (config_.api_url.starts_with("unix:")) {
        c.unix_socket = config_.api_url.substr(5);
        c.url = "http://localhost" + path;
    } else {
        auto base = config_.api_url;
        while (base.ends_with('/')) base.pop_back();
        c.url = base + path;
    }
    if (!config_.token.empty())
        c.headers.emplace_back("Authorization", "token " + std::string(config_.token.reveal()));
    if (!c.body.empty()) c.headers.emplace_back("Content-Type", "application/json");
    c.max_body = 64 << 20;
    return c;
}

awaitable<result<http_answer>> route_client::call(std::string method, std::string path, std::string body) {
    auto pause = config_.first_pause;
    for (int attempt = 1;; ++attempt) {
        auto request = prepare(method, path, body);
        auto r = co_await http_.fetch(std::move(request));
        if (!may_pass(r) || attempt >= config_.attempts) co_return r;
        log_.warning("proxy.call_repeated", {{"method", method}, {"path", path}, {"attempt", attempt}});
        co_await clock_.sleep_for(pause);
        pause *= 2;
    }
}

awaitable<result<std::vector<listed_route>>> route_client::list() {
    auto r = co_await call("GET", "/api/routes", "");
    if (!r) co_return fail(r.error());
    if (r->status != 200) co_return refusal(*r);
    co_return read_list(r->body);
}

awaitable<result<bool>> route_client::has(std::string routespec) {
    auto r = co_await call("GET", routes_path(routespec), "");
    if (!r) co_return fail(r.error());
    if (r->status != 200 && r->status != 404) co_return refusal(*r);
    co_return r->status == 200;
}

awaitable<result<void>> route_client::add(std::string routespec, std::string target, nlohmann::json data) {
    if (!data.is_object()) data = nlohmann::json::object();
    data["target"] = std::move(target);
    auto r = co_await call("POST", routes_path(routespec), data.dump());
    if (!r) co_return fail(r.error());
    if (r->status != 201) co_return refusal(*r);
    co_return result<void>{};
}

awaitable<result<void>> route_client::remove(std::string routespec) {
    auto r = co_await call("DELETE", routes_path(routespec), "");
    if (!r) co_return fail(r.error());
    if (r->status != 204 && r->status != 404) co_return refusal(*r);
    co_return result<void>{};
}

awaitable<result<void>> route_client::add_all(nlohmann::json table) {
    auto r = co_await call("PATCH", "/api/routes", table.dump());
    if (!r) co_return fail(r.error());
    if (r->status != 200) co_return refusal(*r);
    co_return result<void>{};
}

awaitable<result<void>> route_client::session_ended(std::string session_id) {
    nlohmann::json body;
    body["session_id"] = std::move(session_id);
    auto r = co_await call("POST", "/api/sessions/ended", body.dump());
    if (!r) co_return fail(r.error());
    if (r->status != 200 && r->status != 404) co_return refusal(*r);
    co_return result<void>{};
}

awaitable<result<door_status>> route_client::status() {
    auto r = co_await call("GET", "/api/status", "");
    if (!r) co_return fail(r.error());
    if (r->status != 200) co_return refusal(*r);
    const auto v = nlohmann::json::parse(r->body, nullptr, false);
    if (!v.is_object()) co_return fail(errc::unavailable, "the front door's answer is not readable");
    co_return door_status{v.value("pid", pid_t{0}), v.value("version", ""), v.value("outdated", false),
                          v.value("draining", 0)};
}

awaitable<result<void>> route_client::reload() {
    auto r = co_await call("POST", "/api/reload", "");
    if (!r) co_return fail(r.error());
    if (r->status != 200) co_return refusal(*r);
    co_return result<void>{};
}

awaitable<result<pid_t>> route_client::replace_door() {
    auto r = co_await call("POST", "/api/replace", "");
    if (!r) co_return fail(r.error());
    if (r->status != 200) co_return refusal(*r);
    const auto v = nlohmann::json::parse(r->body, nullptr, false);
    co_return v.is_object() ? v.value("pid", pid_t{0}) : pid_t{0};
}

awaitable<result<void>> route_client::shut_down() {
    auto r = co_await call("POST", "/api/shutdown", "");
    if (!r) co_return fail(r.error());
    if (r->status != 202) co_return refusal(*r);
    co_return result<void>{};
}

} // namespace berth::proxy
