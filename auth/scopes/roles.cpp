// SPDX-License-Identifier: BSD-3-Clause
#include "auth/scopes/scopes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::auth {
namespace {

using roles = std::map<std::string, role>;

role standard(std::string name, std::string description, std::vector<std::string> scopes) {
    return {std::move(name), std::move(description), std::move(scopes), {}, {}, {}};
}

// Hub contract 2.2.
roles standard_roles() {
    roles out;
    out["user"] = standard("user", "Standard user privileges", {"self"});
    out["admin"] =
        standard("admin", "Elevated privileges (can do anything)",
                 {"admin-ui", "admin:users", "admin:servers", "admin:services", "tokens", "admin:groups",
                  "list:services", "read:services", "read:hub", "proxy", "shutdown", "access:services",
                  "access:servers", "read:roles", "read:metrics", "shares"});
    out["server"] =
        standard("server", "Post activity only", {"users:activity!user", "access:servers!server"});
    out["token"] = standard("token", "Token with same permissions as its owner", {"inherit"});
    return out;
}

// [a-z][a-z0-9\-_~.]{1,253}[a-z0-9]
bool is_valid_name(std::string_view name) {
    const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto plain = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
    if (name.size() < 3 || name.size() > 255 || !letter(name.front()) || !plain(name.back())) return false;
    return std::ranges::all_of(
        name, [&](char c) { return plain(c) || std::string_view("-_~.").find(c) != std::string_view::npos; });
}

bool has_bearers(const role& r) { return !r.users.empty() || !r.groups.empty() || !r.services.empty(); }

result<void> check(const role& r, const roles& before, const custom_scopes& custom) {
    if (!is_valid_name(r.name))
        return fail(
            errc::invalid_argument,
            fmt::format(
                "role \"{}\": a name has 3 to 255 of a-z, 0-9, '-', '_', '~', '.', begins with a letter "
                "and ends with a letter or digit",
                r.name));
    if (auto known = check_known(r.scopes, custom); !known)
        return fail(errc::invalid_argument, fmt::format("role \"{}\": {}", r.name, known.error().message));
    if (r.name != "admin") return {};
    const auto& admin = before.at("admin");
    auto given = r.scopes, own = admin.scopes;
    std::ranges::sort(given);
    std::ranges::sort(own);
    const bool changes =
        (!given.empty() && given != own) || (!r.description.empty() && r.description != admin.description);
    if (changes)
        return fail(
            errc::invalid_argument,
            "role \"admin\": its scopes and description cannot be changed; name only who bears it, or define "
            "a role of another name");
    return {};
}

// A standard role that only gets bearers keeps its scopes.
void put(roles& all, role r) {
    const auto at = all.find(r.name);
    if (at != all.end()) {
        if (r.description.empty()) r.description = at->second.description;
        if (r.scopes.empty() && (r.name == "admin" || has_bearers(r))) r.scopes = at->second.scopes;
    }
    auto name = r.name;
    all.insert_or_assign(std::move(name), std::move(r));
}

} // namespace

bool is_default_role(std::string_view name) { return name == "user" || name == "admin" || name == "server" || name == "token"; }

result<std::map<std::string, role>> make_roles(std::vector<role> configured, const custom_scopes& custom) {
    auto all = standard_roles();
    std::set<std::string> seen;
    for (auto& r : configured) {
        if (auto checked = check(r, all, custom); !checked) return fail(checked.error());
        if (!seen.insert(r.name).second)
            return fail(errc::invalid_argument, fmt::format("role \"{}\" is defined twice", r.name));
        put(all, std::move(r));
    }
    return all;
}

} // namespace berth::auth
