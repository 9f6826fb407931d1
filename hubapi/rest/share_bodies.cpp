// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/rest/share_bodies.hpp"

#include "hubapi/model/urls.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace berth::hub {
using nlohmann::json;

result<shared_server> find_shared_server(const hub& h, const http::request& r) {
    const auto &owner = r.param("user"), &server = r.param("server");
    const auto* u = h.who.find(owner);
    if (!u || (!server.empty() && !h.servers.find({u->id, server})))
        return fail(errc::not_found, fmt::format("No such server: {}/{}", owner, server));
    return shared_server{owner, server, {u->id, server}};
}

result<void> check_members(const json& body, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : body.items())
        if (std::ranges::find(known, name) == known.end())
            return fail(errc::invalid_argument, fmt::format("Invalid member '{}': allowed are {}", name, fmt::join(known, ", ")));
    return {};
}

result<std::set<std::string>> read_scopes(const json& body, const std::string& owner, const std::string& server) {
    std::set<std::string> out;
    const auto at = body.find("scopes");
    if (at == body.end() || at->is_null()) return out;
    const auto is_text = [](const json& one) { return one.is_string(); };
    if (!at->is_array() || !std::ranges::all_of(*at, is_text)) return fail(errc::invalid_argument, "scopes must be a list of strings");
    const auto own_filter = "server=" + full_name(owner, server);
    for (const auto& scope : at->get<std::vector<std::string>>()) {
        const auto mark = std::min(scope.find('!'), scope.size());
        auto name = scope.substr(0, mark);
        const auto filter = mark < scope.size() ? scope.substr(mark + 1) : own_filter;
        if (filter != own_filter)
            return fail(errc::invalid_argument, fmt::format("!{} not allowed on sharing {}, only !{}", filter, scope, own_filter));
        if (auto ok = auth::check_known(std::vector<std::string>(1, name)); !ok) return fail(ok.error());
        out.insert(std::move(name));
    }
    return out;
}

result<std::set<std::string>> scopes_to_give(const hub& h, const principal& caller, const shared_server& at, std::set<std::string> asked) {
    if (asked.empty()) asked.insert("access:servers");
    for (const auto& scope : asked)
        if (!caller.scopes->covers(scope, at.target(), h.who))
            return fail(errc::denied, fmt::format("Do not have permission to grant share with scope {}!server={}", scope, full_name(at.owner, at.server)));
    return asked;
}

void write_shared_server(json_writer& w, hub& h, const scheduler::server_key& server) {
    const auto* owner = h.who.find(server.user_id);
    const auto* s = h.servers.find(server);
    const auto name = owner ? owner->name : "";
    const auto url = s ? s->url_path : server_path(h.config.base_url, name, server.name);
    w.key("server").open('{').key("user").open('{').key("name").text(name).close('}');
    w.key("name").text(server.name).key("url").text(url);
    w.key("full_url").text_or_null(h.config.public_url.empty() ? "" : h.config.public_url + url);
    w.key("ready").boolean(s && s->ready()).close('}');
}

std::vector<std::string> scopes_of(const hub& h, const scheduler::server_key& server, const std::set<std::string>& scopes) {
    const auto* owner = h.who.find(server.user_id);
    return owner ? filtered_scopes(scopes, owner->name, server.name) : std::vector<std::string>{};
}

} // namespace berth::hub
