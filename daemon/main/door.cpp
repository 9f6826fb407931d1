// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/door.hpp"

#include "daemon/main/server_origin.hpp"
#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/time_text.hpp"
#include "daemon/runtime/web_address.hpp"
#include "hubapi/model/urls.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <set>

namespace berth::config {
namespace asio = boost::asio;
using nlohmann::json;

namespace {

// Whether a server has this route, or its start is about to add it: a list from before a wait may be out of date, and
// two calls for one path may come to the door in either order.
bool in_use(const scheduler::spawner& servers, std::string_view url_path) {
    return std::ranges::any_of(servers.all(), [&](const auto* s) {
        return s->url_path == url_path && (s->ready() || s->state == scheduler::phase::launching);
    });
}

json data_of(const scheduler::server& s) { return {{"user", s.user_name}, {"server_name", s.key.name}, {"jupyterhub", true}}; }

// As a front door lists it: decoded, without the slash at the end.
std::string listed_name(const std::string& routespec) {
    auto out = percent_decode(routespec);
    while (out.size() > 1 && out.ends_with('/')) out.pop_back();
    return out;
}

} // namespace

proxy::settings door_settings(const configuration& c, const data_dir& d) {
    proxy::settings s;
    s.listen.address = c.hub.listen;
    s.listen.base_url = c.hub.base_url;
    s.listen.tls = {c.tls.certificate, c.tls.key};
    s.listen.trusted_proxies = c.proxy.trusted_proxies;
    s.threads = static_cast<unsigned>(c.proxy.threads);
    s.version = BERTH_VERSION;
    s.api_address = "unix:" + d.file("proxy.sock");
    s.api_token = d.proxy_token;
    s.default_target = "http+unix:" + d.file("hub.sock");
    s.error_target = c.hub.base_url + "hub/error";
    return s;
}

std::string door_api(const configuration& c, const data_dir& d) {
    return c.proxy.external ? c.proxy.api_url : "unix:" + d.file("proxy.sock");
}

asio::awaitable<result<void>> door_routes::add(scheduler::server s) {
    auto target = server_origin(s);
    if (const auto at = there_.extract(listed_name(s.url_path)); at && at.mapped() == target) co_return result<void>{};
    auto data = data_of(s);
    co_return co_await door_.add(s.url_path, std::move(target), std::move(data));
}

asio::awaitable<result<void>> door_routes::remove(scheduler::server s) {
    there_.erase(listed_name(s.url_path));
    co_return co_await door_.remove(s.url_path);
}

void door_routes::there(const std::vector<proxy::listed_route>& list) {
    for (const auto& r : list) there_[r.routespec] = r.target;
}

void door_routes::there(const scheduler::spawner& servers) {
    for (const auto* s : servers.all())
        if (s->ready()) there_[listed_name(s->url_path)] = server_origin(*s);
}

namespace {

// /services/NAME/ and where the service answers.
struct service_route {
    std::string service, path, target;
    bool operator==(const service_route&) const = default;
};

// The path of its address is the front door's: what it is asked for begins with /services/
service_route route_of(const hub::service& s, const std::string& base_url) {
    return {s.name, hub::service_path(base_url, s.name), origin_of(s.url)};
}

json data_of(const service_route& r) { return {{"service", r.service}, {"jupyterhub", true}}; }

std::vector<service_route> service_routes(const hub::service_list& services, const std::string& base_url) {
    std::vector<service_route> out;
    for (const auto* s : services.all())
        if (!s->url.empty()) out.push_back(route_of(*s, base_url));
    return out;
}

std::optional<service_route> find_route(const hub::service_list& services, const std::string& base_url, const std::string& name) {
    const auto* s = services.find(name);
    if (!s || s->url.empty()) return std::nullopt;
    return route_of(*s, base_url);
}

bool leads_to(const hub::service_list& services, const std::string& base_url, const json& service, const std::string& name) {
    const auto r = service.is_string() ? find_route(services, base_url, service) : std::nullopt;
    return r && listed_name(r->path) == name;
}

} // namespace

asio::awaitable<result<void>> route_service(proxy::route_client& door, const hub::service_list& services, std::string base_url, std::string name) {
    for (;;) {
        const auto told = find_route(services, base_url, name);
        auto done = co_await (told ? door.add(told->path, told->target, data_of(*told)) : door.remove(hub::service_path(base_url, name)));
        if (!done || find_route(services, base_url, name) == told) co_return done; // else it has changed meanwhile
    }
}

namespace {

// What the front door has seen of the servers, as JupyterHub asks its proxy.
void take_activity(scheduler::spawner& servers, const std::map<std::string, proxy::listed_route>& known) {
    std::vector<std::pair<scheduler::server_key, time_point>> seen;
    for (const auto* s : servers.all())
        if (s->ready())
            if (const auto at = known.find(listed_name(s->url_path)); at != known.end() && at->second.last_activity)
                seen.emplace_back(s->key, *at->second.last_activity);
    for (const auto& [key, when] : seen) servers.seen_by_door(key, when);
}

// A route that the door must have, and for whom.
struct wanted_route {
    std::string spec, target;
    json data;
    std::optional<scheduler::server_key> key;
    std::string service = {};
};

// What the hub's records say, whenever they are asked: a call to the door takes time, and they go on meanwhile.
struct records {
    scheduler::spawner& servers;
    const hub::service_list& services;
    std::string base_url, hub_target;

    std::vector<wanted_route> all() const;
    bool bring_up_to_date(wanted_route& w) const; // false: it is not wanted any more
};

std::vector<wanted_route> records::all() const {
    std::vector<wanted_route> out;
    out.push_back({base_url, hub_target, {{"hub", true}, {"jupyterhub", true}}, std::nullopt});
    for (const auto& r : service_routes(services, base_url)) out.push_back({r.path, r.target, data_of(r), std::nullopt, r.service});
    for (const auto* s : servers.all())
        if (s->ready()) out.push_back({s->url_path, server_origin(*s), data_of(*s), s->key});
    return out;
}

bool records::bring_up_to_date(wanted_route& w) const {
    if (w.key) {
        const auto* now = servers.find(*w.key);
        if (!now || !now->ready()) return false;
        w.target = server_origin(*now);
    } else if (!w.service.empty()) {
        const auto now = find_route(services, base_url, w.service);
        if (!now) return false;
        w.target = now->target;
    }
    return true;
}

// All in one call, and what has changed during it after that.
asio::awaitable<result<void>> add_together(proxy::route_client& door, const records& now, std::vector<wanted_route>& missing) {
    auto table = json::object();
    for (const auto& w : missing) {
        auto& data = table[listed_name(w.spec)] = w.data;
        data["target"] = w.target;
    }
    if (auto done = co_await door.add_all(std::move(table)); !done) co_return done;
    for (auto& w : missing) {
        const auto told = w.target;
        const bool still = now.bring_up_to_date(w);
        if (still ? w.target == told : in_use(now.servers, w.spec)) continue;
        auto done = co_await (still ? door.add(w.spec, w.target, w.data) : door.remove(w.spec));
        if (!done) co_return done;
    }
    co_return result<void>{};
}

asio::awaitable<result<void>> add_each(proxy::route_client& door, const records& now, std::vector<wanted_route>& missing) {
    for (auto& w : missing) {
        if (!now.bring_up_to_date(w)) continue;
        if (auto done = co_await door.add(w.spec, w.target, w.data); !done) co_return done;
    }
    co_return result<void>{};
}

} // namespace

asio::awaitable<result<void>> sync_routes(proxy::route_client& door, scheduler::spawner& servers, const hub::service_list& services,
                                          std::string base_url, std::string hub_target) {
    auto there = co_await door.list();
    if (!there) co_return fail(there.error());
    std::map<std::string, proxy::listed_route> known;
    for (auto& r : *there) known[r.routespec] = r;
    take_activity(servers, known);
    const records now{servers, services, base_url, hub_target};
    auto missing = now.all();
    std::set<std::string> keep;
    for (const auto& w : missing) keep.insert(listed_name(w.spec));
    std::erase_if(missing, [&](const auto& w) {
        const auto at = known.find(listed_name(w.spec));
        return at != known.end() && at->second.target == w.target;
    });
    auto added = missing.size() > 1 ? co_await add_together(door, now, missing) : co_await add_each(door, now, missing);
    if (!added && added.error().code == errc::not_found) added = co_await add_each(door, now, missing); // a configurable-http-proxy
    if (!added) co_return added;
    for (const auto& [name, r] : known) {
        const auto data = json::parse(r.data, nullptr, false);
        const bool ours = data.is_object() && data.contains("jupyterhub") && (data.contains("user") || data.contains("service"));
        const auto spec = percent_encode(name, "/@~");
        if (!ours || keep.contains(name) || in_use(servers, spec + "/")) continue;
        if (data.contains("service") && leads_to(services, base_url, data["service"], name)) continue; // it has just come
        if (auto done = co_await door.remove(spec); !done) co_return done;
    }
    co_return result<void>{};
}

std::string any_route(const scheduler::spawner& servers, const std::string& base_url) {
    if (base_url != "/") return base_url;
    for (const auto* s : servers.all())
        if (s->ready()) return s->url_path;
    return {};
}

asio::awaitable<result<std::string>> routes_json(proxy::route_client& door) {
    auto there = co_await door.list();
    if (!there) co_return fail(there.error());
    json out = json::object();
    for (const auto& r : *there) {
        auto data = json::parse(r.data, nullptr, false);
        if (!data.is_object()) data = json::object();
        data.erase("target");
        if (r.last_activity) data["last_activity"] = iso8601(*r.last_activity);
        const auto spec = r.routespec.ends_with('/') ? r.routespec : r.routespec + "/";
        out[spec] = {{"routespec", spec}, {"target", r.target}, {"data", data}};
    }
    co_return out.dump();
}

} // namespace berth::config
