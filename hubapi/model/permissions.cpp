// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/permissions.hpp"

#include "hubapi/model/urls.hpp"

#include <algorithm>

namespace berth::hub {
namespace {

// A hub that runs for months issues millions of tokens.
constexpr std::size_t most_tokens = 50'000;

bool contains(const std::vector<std::string>& list, std::string_view name) { return std::ranges::find(list, name) != list.end(); }

auth::scope_owner owner_of(const user& u) { return {auth::scope_owner::kind::user, u.name, "", ""}; }

// Who a token speaks for, and the server or service that its OAuth client stands for.
auth::scope_owner owner_of(const auth::token_record& t, const user* u) {
    auth::scope_owner out;
    out.is = u ? auth::scope_owner::kind::user : auth::scope_owner::kind::service;
    out.name = u ? u->name : t.service;
    out.client_server = t.server;
    if (!u) out.client_service = t.service;
    return out;
}

} // namespace

permissions::permissions(const people& who, const shares& shared, std::map<std::string, auth::role> roles, const std::vector<service>& services,
                         auth::custom_scopes custom)
    : people_(who), shared_(shared) {
    change(std::move(roles), services, std::move(custom));
}

void permissions::change(std::map<std::string, auth::role> roles, const std::vector<service>& services, auth::custom_scopes custom) {
    roles_ = std::move(roles);
    custom_ = std::move(custom);
    change(services);
}

void permissions::change(const std::vector<service>& services) {
    services_.clear();
    for (const auto& s : services) services_[s.name] = s;
    epoch_ = 0; // what has been worked out is not good any more
}

void permissions::refresh() {
    const auto now = people_.epoch() + shared_.epoch(); // both only grow
    if (epoch_ == now) return;
    epoch_ = now;
    users_.clear();
    tokens_.clear();
    by_service_.clear();
}

std::vector<std::string> permissions::roles_of(const user& u) const {
    std::vector<std::string> out{"user"};
    if (u.admin) out.push_back("admin");
    for (const auto& [name, r] : roles_)
        if ((contains(r.users, u.name) || u.claimed_roles.contains(name)) && !contains(out, name)) out.push_back(name);
    std::ranges::sort(out);
    return out;
}

std::vector<std::string> permissions::roles_of_service(const std::string& name) const {
    std::vector<std::string> out;
    if (const auto at = services_.find(name); at != services_.end()) out = at->second.roles;
    for (const auto& [role, r] : roles_)
        if (contains(r.services, name) && !contains(out, role)) out.push_back(role);
    std::ranges::sort(out);
    return out;
}

std::vector<std::string> permissions::roles_of_group(const std::string& name) const {
    std::vector<std::string> out;
    for (const auto& [role, r] : roles_)
        if (contains(r.groups, name)) out.push_back(role);
    return out;
}

void permissions::add_shared(auth::scope_set& to, const grantee& with, const user& u) const {
    for (const auto* s : shared_.with(with))
        if (const auto* owner = people_.find(s->server.user_id))
            to.merge(auth::expand(filtered_scopes(s->scopes, owner->name, s->server.name), owner_of(u), custom_));
}

permissions::scopes permissions::of_user(const user& u) {
    refresh();
    auto& kept = users_[u.id];
    if (kept) return kept;
    auto names = roles_of(u);
    for (const auto& g : u.groups)
        for (auto& role : roles_of_group(g))
            if (!contains(names, role)) names.push_back(std::move(role));
    auth::scope_set all;
    for (const auto& name : names)
        if (const auto at = roles_.find(name); at != roles_.end()) all.merge(auth::expand(at->second.scopes, owner_of(u), custom_));
    add_shared(all, {false, u.id}, u);
    for (const auto& name : u.groups)
        if (const auto* g = people_.find_group(name)) add_shared(all, {true, g->id}, u);
    kept = std::make_shared<const auth::scope_set>(std::move(all));
    return kept;
}

permissions::scopes permissions::of_service(const std::string& name) {
    refresh();
    const auto at = services_.find(name);
    if (at == services_.end()) return nullptr;
    auto& kept = by_service_[name];
    if (kept) return kept;
    const auth::scope_owner owner{auth::scope_owner::kind::service, name, "", ""};
    auto all = auth::expand(at->second.scopes, owner, custom_);
    for (const auto& role : roles_of_service(name))
        if (const auto r = roles_.find(role); r != roles_.end()) all.merge(auth::expand(r->second.scopes, owner, custom_));
    kept = std::make_shared<const auth::scope_set>(std::move(all));
    return kept;
}

auth::scope_set permissions::owner_scopes(const auth::token_record& t) {
    const auto* u = t.user_id ? people_.find(*t.user_id) : nullptr;
    const auto s = u ? of_user(*u) : of_service(t.service);
    return s ? *s : auth::scope_set{};
}

auth::scope_set permissions::of_raw(const std::vector<std::string>& raw, const auth::token_record& t) {
    const auto* u = t.user_id ? people_.find(*t.user_id) : nullptr;
    const auto owner = owner_scopes(t);
    if (contains(raw, "inherit")) return owner;
    auto mine = auth::intersect(auth::expand(raw, owner_of(t, u), custom_), owner, people_);
    // Every token may tell whose it is.
    const std::vector<std::string> identify_user{"read:users:name!user", "read:users:groups!user"};
    const std::vector<std::string> identify_service{"read:services:name!service"};
    mine.merge(auth::expand(u ? identify_user : identify_service, owner_of(t, u)));
    return mine;
}

permissions::scopes permissions::of_token(const auth::token_record& t) {
    refresh();
    if (const auto at = tokens_.find(t.id); at != tokens_.end() && at->second.created == t.created) return at->second.what;
    if (t.user_id ? !people_.find(*t.user_id) : !services_.contains(t.service)) return nullptr;
    if (tokens_.size() >= most_tokens) tokens_.clear(); // of dead tokens, mostly
    auto& kept = tokens_[t.id];
    kept = {t.created, std::make_shared<const auth::scope_set>(of_raw(t.scopes, t))};
    return kept.what;
}

} // namespace berth::hub
