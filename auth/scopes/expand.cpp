// SPDX-License-Identifier: BSD-3-Clause
#include "auth/scopes/definitions.hpp"
#include "auth/scopes/raw_scope.hpp"
#include "auth/scopes/scopes.hpp"

namespace berth::auth {
namespace {

using reach = scope_set::reach;

// What a bare filter stands for; empty when the owner has no such thing.
std::string replacement(filter_kind kind, const scope_owner& owner) {
    const bool is_user = owner.is == scope_owner::kind::user;
    switch (kind) {
    case filter_kind::user: return is_user ? owner.name : "";
    case filter_kind::server: return owner.client_server;
    case filter_kind::service:
        if (!owner.client_service.empty()) return owner.client_service;
        return is_user ? "" : owner.name;
    default: return "";
    }
}

reach reach_of(const raw_scope& s, const scope_owner& owner) {
    reach out;
    if (s.kind == filter_kind::none) {
        out.everywhere = true;
        return out;
    }
    auto value = s.value.empty() ? replacement(s.kind, owner) : std::string(s.value);
    if (value.empty()) return out;
    switch (s.kind) {
    case filter_kind::user: out.users.insert(std::move(value)); break;
    case filter_kind::group: out.groups.insert(std::move(value)); break;
    case filter_kind::server: out.servers.insert(std::move(value)); break;
    default: out.services.insert(std::move(value)); break;
    }
    return out;
}

void add_closed(scope_set& out, std::string_view name, const reach& r, const custom_scopes& custom) {
    // Reading a person is not a matter of one server: the filter does not reach there (hub contract 2.1).
    if (r.servers.empty() || !name.starts_with("read:user")) out.add(name, r);
    if (const auto* found = find_definition(name)) {
        for (const auto child : found->implies)
            if (!child.empty()) add_closed(out, child, r, custom);
    } else if (const auto at = custom.find(name); at != custom.end()) {
        for (const auto& child : at->second.implies) add_closed(out, child, r, custom);
    }
}

void add_self(scope_set& out, const scope_owner& owner) {
    if (owner.is != scope_owner::kind::user || owner.name.empty()) return;
    reach mine;
    mine.users.insert(owner.name);
    for (const auto scope : self_scopes()) add_closed(out, scope, mine, {});
}

} // namespace

scope_set expand(std::span<const std::string> raw, const scope_owner& owner, const custom_scopes& custom) {
    scope_set out;
    for (const auto& text : raw) {
        const auto s = parse_raw_scope(text);
        if (!s || s->name == "inherit") continue;
        if (s->name == "self") {
            if (s->kind == filter_kind::none) add_self(out, owner);
        } else if (find_definition(s->name) || custom.contains(s->name)) {
            add_closed(out, s->name, reach_of(*s, owner), custom);
        }
    }
    return out;
}

} // namespace berth::auth
