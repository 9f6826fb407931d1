// SPDX-License-Identifier: BSD-3-Clause
#include "auth/scopes/scopes.hpp"

#include <algorithm>

namespace berth::auth {
namespace {

using names = std::set<std::string, std::less<>>;

void append(std::vector<std::string>& out, const std::string& scope, std::string_view kind,
            const names& values) {
    for (const auto& value : values) {
        auto& text = out.emplace_back(scope);
        text += '!';
        text += kind;
        text += '=';
        text += value;
    }
}

bool is_nowhere(const scope_set::reach& r) {
    return !r.everywhere && r.users.empty() && r.groups.empty() && r.servers.empty() && r.services.empty();
}

} // namespace

target target::of_user(std::string name) {
    return {.user = std::move(name), .server = {}, .group = {}, .service = {}};
}
target target::of_server(std::string owner, std::string name) {
    return {.user = {}, .server = std::move(owner) + "/" + name, .group = {}, .service = {}};
}
target target::of_group(std::string name) {
    return {.user = {}, .server = {}, .group = std::move(name), .service = {}};
}
target target::of_service(std::string name) {
    return {.user = {}, .server = {}, .group = {}, .service = std::move(name)};
}

bool scope_set::reach::has_user(std::string_view user, const directory& d) const {
    return everywhere || users.contains(user) ||
           std::ranges::any_of(groups, [&](const auto& g) { return d.is_member(user, g); });
}

bool scope_set::reach::has_server(std::string_view server, const directory& d) const {
    return servers.contains(server) || has_user(server.substr(0, server.find('/')), d);
}

bool scope_set::has(std::string_view scope) const { return scopes_.contains(scope); }

bool scope_set::everywhere(std::string_view scope) const {
    const auto* r = find(scope);
    return r && r->everywhere;
}

const scope_set::reach* scope_set::find(std::string_view scope) const {
    const auto at = scopes_.find(scope);
    return at == scopes_.end() ? nullptr : &at->second;
}

bool scope_set::covers(std::string_view scope, const target& t, const directory& d) const {
    const auto* r = find(scope);
    if (!r) return false;
    if (r->everywhere) return true;
    if (!t.user && !t.server && !t.group && !t.service) return false;
    if (t.server && !r->has_server(*t.server, d)) return false;
    if (t.user && !t.server && !r->has_user(*t.user, d)) return false;
    if (t.group && !r->groups.contains(*t.group)) return false;
    return !t.service || r->services.contains(*t.service);
}

std::vector<std::string> scope_set::to_strings() const {
    std::vector<std::string> out;
    for (const auto& [scope, r] : scopes_) {
        if (r.everywhere) out.push_back(scope);
        append(out, scope, "user", r.users);
        append(out, scope, "group", r.groups);
        append(out, scope, "server", r.servers);
        append(out, scope, "service", r.services);
    }
    std::ranges::sort(out);
    return out;
}

void scope_set::add(std::string_view scope, const reach& r) {
    if (is_nowhere(r)) return;
    auto at = scopes_.find(scope);
    if (at == scopes_.end()) at = scopes_.emplace(scope, reach{}).first;
    auto& mine = at->second;
    if (mine.everywhere) return;
    if (r.everywhere) {
        mine = reach{.everywhere = true, .users = {}, .groups = {}, .servers = {}, .services = {}};
        return;
    }
    mine.users.insert(r.users.begin(), r.users.end());
    mine.groups.insert(r.groups.begin(), r.groups.end());
    mine.servers.insert(r.servers.begin(), r.servers.end());
    mine.services.insert(r.services.begin(), r.services.end());
}

void scope_set::merge(const scope_set& other) {
    if (this == &other) return;
    for (const auto& [scope, r] : other.scopes_) add(scope, r);
}

} // namespace berth::auth
