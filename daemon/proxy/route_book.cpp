// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/route_book.hpp"

#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/time_text.hpp"

#include <nlohmann/json.hpp>

namespace berth::proxy {
namespace {

using nlohmann::json;

// JavaScript's form, with milliseconds: what readers of configurable-http-proxy's API have always got.
std::string activity_text(const route& r) {
    const time_point t{std::chrono::milliseconds(r.last_activity_ms.load(std::memory_order_relaxed))};
    auto text = iso8601(t); // six decimals and Z
    return text.substr(0, text.size() - 4) + "Z";
}

json to_value(const route& r) {
    auto v = json::parse(r.data);
    v["last_activity"] = activity_text(r);
    return v;
}

} // namespace

result<std::shared_ptr<route>> route_book::make_route(std::string prefix, json data, std::int64_t now_ms) const {
    if (!data.is_object() || !data.contains("target") || !data["target"].is_string())
        return fail(errc::invalid_argument, "Must specify 'target' as string");
    auto t = parse_target(data["target"].get<std::string>());
    if (!t) return fail(t.error());
    auto r = std::make_shared<route>();
    r->target = std::move(*t);
    data.erase("last_activity");
    if (hosts_ && prefix != "/") data["host"] = prefix.substr(1, prefix.find('/', 1) - 1);
    r->prefix = std::move(prefix);
    r->data = data.dump(-1, ' ', false, json::error_handler_t::replace);
    r->last_activity_ms = now_ms;
    return r;
}

result<route_book::change> route_book::add(std::string_view path, const std::string& data,
                                           std::int64_t now_ms) {
    auto value = json::parse(data.empty() ? "null" : data, nullptr, false);
    if (value.is_discarded()) return fail(errc::invalid_argument, "Body not valid JSON");
    if (!is_valid_utf8(path))
        return fail(errc::invalid_argument, "The path is not UTF-8"); // no listing could hold it
    auto made = make_route(clean_prefix(path), std::move(value), now_ms);
    if (!made) return fail(made.error());
    return put(std::move(*made), now_ms);
}

route_book::change route_book::put(route_ptr r, std::int64_t now_ms) {
    change out{.added = std::move(r), .replaced = nullptr};
    auto& place = routes_[out.added->prefix];
    if (place && place->target.url == out.added->target.url && place->data == out.added->data) {
        place->note_activity(now_ms);
        out.added = place;
    } else {
        if (place && place->target.url != out.added->target.url) out.replaced = place;
        place = out.added;
    }
    return out;
}

route_ptr route_book::remove(std::string_view path) {
    const auto at = routes_.find(clean_prefix(path));
    if (at == routes_.end()) return nullptr;
    auto gone = std::move(at->second);
    routes_.erase(at);
    return gone;
}

result<std::vector<route_book::change>> route_book::add_all(const std::string& table, std::int64_t now_ms) {
    const auto value = json::parse(table, nullptr, false);
    if (!value.is_object())
        return fail(errc::invalid_argument, "the body must be a JSON object of routes by their paths");
    std::vector<route_ptr> routes;
    for (const auto& [path, data] : value.items()) {
        auto made = make_route(clean_prefix(path), data, now_ms);
        if (!made) return fail(made.error().code, path + ": " + made.error().message);
        routes.push_back(std::move(*made));
    }
    std::vector<change> out;
    for (auto& r : routes) out.push_back(put(std::move(r), now_ms));
    return out;
}

result<void> route_book::adopt(const std::string& table, std::int64_t now_ms) {
    const auto value = json::parse(table, nullptr, false);
    if (!value.is_object()) return fail(errc::internal, "the predecessor's routes are not readable");
    for (const auto& [path, data] : value.items()) {
        const auto active = parse_iso8601(data.is_object() ? data.value("last_activity", "") : "");
        auto made = make_route(clean_prefix(path), data,
                               active ? active->time_since_epoch() / std::chrono::milliseconds(1) : now_ms);
        if (!made) return fail(made.error());
        routes_[(*made)->prefix] = std::move(*made);
    }
    return {};
}

route_ptr route_book::find(std::string_view path) const {
    const auto at = routes_.find(clean_prefix(path));
    return at == routes_.end() ? nullptr : at->second;
}

std::vector<route_ptr> route_book::all() const {
    std::vector<route_ptr> out;
    out.reserve(routes_.size());
    for (const auto& [prefix, r] : routes_) out.push_back(r);
    return out;
}

std::string route_book::to_json(const route& r) const { return to_value(r).dump(); }

std::string route_book::to_json(const std::vector<route_ptr>& list) const {
    auto out = json::object();
    for (const auto& r : list) out[r->prefix] = to_value(*r);
    return out.dump();
}

} // namespace berth::proxy
