// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/time_text.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/routes.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;
using nlohmann::json;

namespace {

// A clock that is ahead is believed up to this much (hub contract 1.4).
constexpr auto tolerance = std::chrono::minutes(59);

result<time_point> read_time(const json& v, time_point now) {
    const auto t = v.is_string() ? parse_iso8601(v.get_ref<const std::string&>()) : std::nullopt;
    if (!t) return fail(errc::invalid_argument, "Not a valid timestamp: " + v.dump());
    if (*t > now + tolerance) return fail(errc::invalid_argument, fmt::format("Rejecting activity from more than {} into the future", to_text(tolerance)));
    return *t;
}

struct report {
    std::optional<time_point> last;
    std::vector<std::pair<scheduler::server_key, time_point>> servers;
};

result<report> read_report(hub& h, const user& u, const json& body) {
    report out;
    const auto now = h.time.now();
    if (!body.is_object()) return fail(errc::invalid_argument, "body must be a json dict");
    const auto last = body.find("last_activity");
    const auto servers = body.find("servers");
    if ((last == body.end() || last->empty()) && (servers == body.end() || servers->empty()))
        return fail(errc::invalid_argument, "body must contain at least one of `last_activity` or `servers`");
    if (last != body.end() && !last->is_null()) {
        auto t = read_time(*last, now);
        if (!t) return fail(t.error());
        out.last = *t;
    }
    if (servers == body.end() || servers->is_null()) return out;
    if (!servers->is_object()) return fail(errc::invalid_argument, "servers must be a json dict of server name to {\"last_activity\": timestamp}");
    for (const auto& [name, info] : servers->items()) {
        if (!h.servers.find({u.id, name})) return fail(errc::invalid_argument, fmt::format("No such server '{}' for user {}", name, u.name));
        if (!info.is_object() || !info.contains("last_activity"))
            return fail(errc::invalid_argument, fmt::format("Activity of server '{}' must be a dict with last_activity", name));
        auto t = read_time(info["last_activity"], now);
        if (!t) return fail(t.error());
        out.servers.emplace_back(scheduler::server_key{u.id, name}, *t);
    }
    return out;
}

asio::awaitable<response> post_activity(hub& h, principal caller, request r) {
    const auto name = r.param("user");
    if (auto no = refuse(h, caller, {"users:activity"}, auth::target::of_user(name))) co_return std::move(*no);
    const auto* u = h.who.find(name);
    if (!u) co_return error_answer(404, "No such user: " + name);
    auto body = read_json(r);
    if (!body) co_return error_answer(body.error());
    auto all = read_report(h, *u, *body);
    if (!all) co_return error_answer(all.error());
    if (all->last) h.who.touch(u->id, *all->last);
    for (const auto& [key, when] : all->servers) h.servers.touch(key, when, true);
    co_return http::make_json(200, "");
}

} // namespace

void add_activity_routes(http::router& routes, hub& h) {
    add_api(routes, h, "POST", "/hub/api/users/{user}/activity", post_activity);
}

} // namespace berth::hub
