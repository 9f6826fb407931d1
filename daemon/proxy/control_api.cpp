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

control_reply plain(int status, std::string text) { return {status, std::move(text), "text/plain"}; }

control_reply refused(const failure& f) { return {409, nlohmann::json{{"message", f.message}}.dump()}; }

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

namespace {

void set_route(worker& w, const route_book::change& c) {
    w.routes().set(c.added);
    if (c.replaced) w.close_tunnels_of(c.replaced->target.url, c.replaced->prefix);
}

constexpr std::string_view routes_base = "/api/routes";

bool is_route(const std::string& path) {
    return path.starts_with(routes_base) &&
           (path.size() == routes_base.size() || path[routes_base.size()] == '/');
}

bool is_route_method(std::string_view m) { return m == "GET" || m == "POST" || m == "DELETE" || m == "PATCH"; }

} // namespace

// What is called by one path.
struct control_api::known_call {
    std::string_view path, method;
    void (control_api::*answer)(const control_request&, control_answer);
};

const control_api::known_call* control_api::find_call(const std::string& path) {
    static constexpr known_call calls[] = {
        {"/api/sessions/ended", "POST", &control_api::session_ended},
        {"/api/status", "GET", &control_api::status},
        {"/api/reload", "POST", &control_api::reload},
        {"/api/replace", "POST", &control_api::replace_door},
        {"/api/shutdown", "POST", &control_api::shut_down},
    };
    const auto* at = std::ranges::find(calls, path, &known_call::path);
    return at == std::end(calls) ? nullptr : at;
}

void control_api::handle(control_request r, control_answer answer) {
    const auto* known = find_call(r.path);
    const bool route = is_route(r.path);
    if (!route && !known) return answer(plain(404, "Not Found"));
    if (route ? !is_route_method(r.method) : r.method != known->method)
        return answer(plain(405, "Method not supported"));
    if (!allowed(r)) {
        log_.warning("proxy.api_denied", {{"method", r.method}, {"path", r.path}});
        return answer({403, "", ""});
    }
    if ((route && r.method != "GET") || r.path == "/api/sessions/ended") actions_.pass_on(r);
    dispatch(r, std::move(answer));
}

void control_api::apply(control_request r) {
    dispatch(r, [](const control_reply&) {});
}

void control_api::dispatch(const control_request& r, control_answer answer) {
    if (is_route(r.path)) return routes(r, r.path.substr(routes_base.size()), std::move(answer));
    if (const auto* known = find_call(r.path)) (this->*known->answer)(r, std::move(answer));
}

void control_api::status(const control_request&, control_answer answer) {
    answer({200, actions_.status_json()});
}

void control_api::reload(const control_request&, control_answer answer) {
    actions_.reload([answer = std::move(answer)](const result<void>& done) {
        answer(done ? control_reply{200, "{}"} : refused(done.error()));
    });
}

void control_api::replace_door(const control_request&, control_answer answer) {
    actions_.replace([answer = std::move(answer)](const result<pid_t>& done) {
        answer(done ? control_reply{200, fmt::format(R"({{"pid":{}}})", *done)} : refused(done.error()));
    });
}

void control_api::shut_down(const control_request&, control_answer answer) {
    answer({202, R"({"message":"shutting down"})"});
    actions_.shut_down();
}

void control_api::routes(const control_request& r, const std::string& path, control_answer answer) {
    const bool whole = path.empty() || path == "/";
    if (r.method == "GET") return whole ? list(r, answer) : get(path, answer);
    if (r.method == "POST") return add(path, r.body, std::move(answer));
    if (r.method == "DELETE") return remove(path, std::move(answer));
    if (!whole) return answer(plain(405, "Method not supported"));
    add_all(r.body, std::move(answer));
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
    auto change = book_.add(path, body, wall_ms());
    if (!change) return answer(plain(400, change.error().message));
    log_.info("proxy.route_added", {{"route", change->added->prefix}, {"target", change->added->target.url}});
    actions_.on_all_workers([c = *change](worker& w) { set_route(w, c); }, [answer = std::move(answer)] { answer({201, "", ""}); });
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

void control_api::add_all(const std::string& body, control_answer answer) {
    auto changes = book_.add_all(body, wall_ms());
    if (!changes) return answer(plain(400, changes.error().message));
    const auto count = changes->size();
    log_.info("proxy.routes_added", {{"routes", count}});
    auto work = [all = std::make_shared<const std::vector<route_book::change>>(std::move(*changes))](worker& w) {
        for (const auto& c : *all) set_route(w, c);
    };
    auto done = [answer = std::move(answer), count] {
        answer({200, fmt::format(R"({{"routes":{}}})", count)});
    };
    actions_.on_all_workers(std::move(work), std::move(done));
}

void control_api::session_ended(const control_request& r, control_answer answer) {
    const auto value = nlohmann::json::parse(r.body, nullptr, false);
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
