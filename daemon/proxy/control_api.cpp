// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/control_api.hpp"

#include "daemon/proxy/worker.hpp"
#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/time_text.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fmt/core.h>
#include <memory>
#include <nlohmann/json.hpp>

namespace berth::proxy {
namespace {

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

control_reply plain(int status, std::string text) { return {status, std::move(text), "text/plain"}; }

// "inactive_since" or "inactiveSince" of the query, decoded.
std::string inactive_since(std::string_view query) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        const auto name = pair.substr(0, pair.find('='));
        if ((name == "inactive_since" || name == "inactiveSince") && name.size() < pair.size())
            return percent_decode(pair.substr(name.size() + 1), true);
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return {};
}

} // namespace

control_api::control_api(route_book& book, control_actions& actions, logger& log, secret token)
    : book_(book)
    , actions_(actions)
    , log_(log)
    , token_(std::move(token)) {}

bool control_api::allowed(const control_request& r) const {
    if (token_.empty()) return true;
    const auto blank = r.authorization.find(' ');
    const auto scheme = std::string_view(r.authorization).substr(0, blank);
    if (blank == std::string::npos || (!iequals(scheme, "token") && !iequals(scheme, "bearer"))) return false;
    return secret(std::string(trim(std::string_view(r.authorization).substr(blank)))) == token_;
}

void control_api::handle(control_request r, control_answer answer) {
    constexpr std::string_view base = "/api/routes";
    const bool is_route =
        r.path.starts_with(base) && (r.path.size() == base.size() || r.path[base.size()] == '/');
    struct extra {
        std::string_view path, method;
    };
    constexpr extra extras[] = {
        {"/api/sessions/ended", "POST"}, {"/api/status", "GET"}, {"/api/shutdown", "POST"}};
    const auto* known =
        std::find_if(std::begin(extras), std::end(extras), [&](const auto& e) { return e.path == r.path; });
    if (!is_route && known == std::end(extras)) return answer(plain(404, "Not Found"));
    const bool good_method =
        is_route ? r.method == "GET" || r.method == "POST" || r.method == "DELETE" || r.method == "PUT"
                 : r.method == known->method;
    if (!good_method) return answer(plain(405, "Method not supported"));
    if (!allowed(r)) {
        log_.warning("proxy.api_denied", {{"method", r.method}, {"path", r.path}});
        return answer({403, "", ""});
    }
    if (is_route) return routes(r, r.path.substr(base.size()), std::move(answer));
    if (r.path == "/api/sessions/ended") return session_ended(r.body, std::move(answer));
    if (r.path == "/api/status") {
        const auto [connections, tunnels] = actions_.connections_and_tunnels();
        return answer({200, fmt::format(R"({{"connections":{},"tunnels":{}}})", connections, tunnels)});
    }
    answer({202, R"({"message":"shutting down"})"});
    actions_.shut_down();
}

void control_api::routes(const control_request& r, const std::string& path, control_answer answer) {
    const bool whole = path.empty() || path == "/";
    if (r.method == "GET") return whole ? list(r, answer) : get(path, answer);
    if (r.method == "POST") return add(path, r.body, std::move(answer));
    if (r.method == "DELETE") return remove(path, std::move(answer));
    if (!whole) return answer(plain(405, "Method not supported"));
    replace(r.body, std::move(answer));
}

void control_api::list(const control_request& r, const control_answer& answer) {
    auto all = book_.all();
    if (const auto text = inactive_since(r.query); !text.empty()) {
        const auto since = parse_iso8601(text);
        if (!since) return answer(plain(400, fmt::format("Invalid datestamp '{}' must be ISO8601.", text)));
        const auto ms =
            std::chrono::duration_cast<std::chrono::milliseconds>(since->time_since_epoch()).count();
        std::erase_if(all, [ms](const auto& one) { return one->last_activity_ms.load() >= ms; });
    }
    answer({200, book_.to_json(all)});
}

void control_api::get(const std::string& path, const control_answer& answer) {
    const auto r = book_.find(path);
    answer(r ? control_reply{200, book_.to_json(*r)} : control_reply{404, "", ""});
}

void control_api::add(const std::string& path, const std::string& body, control_answer answer) {
    auto change = book_.add(path, body, now_ms());
    if (!change) return answer(plain(400, change.error().message));
    log_.info("proxy.route_added", {{"route", change->added->prefix}, {"target", change->added->target.url}});
    auto work = [c = *change](worker& w) {
        w.routes().set(c.added);
        if (c.replaced) w.close_tunnels_of(c.replaced->target.url, c.replaced->prefix);
    };
    actions_.on_all_workers(std::move(work), [answer = std::move(answer)] { answer({201, "", ""}); });
}

void control_api::remove(const std::string& path, control_answer answer) {
    const auto gone = book_.remove(path);
    if (!gone) return answer({404, "", ""});
    log_.info("proxy.route_removed", {{"route", gone->prefix}});
    auto work = [gone](worker& w) {
        w.routes().remove(gone->prefix);
        w.close_tunnels_of(gone->target.url, gone->prefix);
    };
    actions_.on_all_workers(std::move(work), [answer = std::move(answer)] { answer({204, "", ""}); });
}

void control_api::replace(const std::string& body, control_answer answer) {
    auto swap = book_.replace(body, now_ms());
    if (!swap) return answer(plain(400, swap.error().message));
    const auto count = swap->all.size();
    log_.info("proxy.routes_replaced", {{"routes", count}, {"gone", swap->gone.size()}});
    auto work = [s = std::make_shared<const route_book::swap>(std::move(*swap))](worker& w) {
        w.routes().replace(s->all);
        for (const auto& r : s->gone) w.close_tunnels_of(r->target.url, r->prefix);
    };
    auto done = [answer = std::move(answer), count] {
        answer({200, fmt::format(R"({{"routes":{}}})", count)});
    };
    actions_.on_all_workers(std::move(work), std::move(done));
}

void control_api::session_ended(const std::string& body, control_answer answer) {
    const auto value = nlohmann::json::parse(body, nullptr, false);
    if (!value.is_object() || !value.contains("session_id") || !value["session_id"].is_string() ||
        value["session_id"].get_ref<const std::string&>().empty())
        return answer(plain(400, "Must specify 'session_id' as string"));
    auto closed = std::make_shared<std::atomic<std::size_t>>(0);
    auto work = [closed, id = value["session_id"].get<std::string>()](worker& w) {
        *closed += w.close_session(id);
    };
    auto done = [closed, answer = std::move(answer), &log = log_] {
        log.info("proxy.session_ended", {{"closed", closed->load()}});
        answer({200, fmt::format(R"({{"closed":{}}})", closed->load())});
    };
    actions_.on_all_workers(std::move(work), std::move(done));
}

} // namespace berth::proxy
