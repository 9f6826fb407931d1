// SPDX-License-Identifier: BSD-3-Clause
#include "auth/scopes/definitions.hpp"

#include "auth/scopes/scopes.hpp"

#include <algorithm>

namespace berth::auth {
namespace {

constexpr std::array definitions = std::to_array<scope_definition>({
    {"access:servers", "Open notebook servers, in the browser or through their API"},
    {"access:services", "Open services, in the browser or through their API"},
    {"admin-ui", "Open the administration page"},
    {"admin:auth_state", "Read what the identity provider told the hub about users"},
    {"admin:groups", "Create, change and delete groups", {"groups", "read:roles:groups", "delete:groups"}},
    {"admin:server_state", "Read and write the internal state of servers"},
    {"admin:servers",
     "Start, stop, create and delete servers, and see their internal state",
     {"admin:server_state", "servers"}},
    {"admin:services",
     "Create, change and delete services",
     {"list:services", "read:services", "read:roles:services"}},
    {"admin:users",
     "Create, change and delete users, and read their sign-in state: as good as full control",
     {"admin:auth_state", "users", "read:roles:users", "delete:users"}},
    {"delete:groups", "Delete groups"},
    {"delete:servers", "Stop and delete servers"},
    {"delete:users", "Delete users"},
    {"groups",
     "Read and change groups and their members, which may change what those members are allowed to do",
     {"read:groups", "list:groups"}},
    {"groups:shares", "See and withdraw what has been shared with groups", {"read:groups:shares"}},
    {"inherit", "Everything that you may do yourself"},
    {"list:groups", "List groups by name", {"read:groups:name"}},
    {"list:services", "List services by name", {"read:services:name"}},
    {"list:users", "List users by name", {"read:users:name"}},
    {"proxy", "Read the proxy's routes, and have the hub renew them"},
    {"read:credentials", "Read fresh access tokens that the identity provider gave the hub for users"},
    {"read:groups", "Read groups and who is in them", {"read:groups:name"}},
    {"read:groups:name", "Read the names of groups"},
    {"read:groups:shares", "See what has been shared with groups"},
    {"read:hub", "Read details about the hub itself"},
    {"read:metrics", "Read the hub's metrics"},
    {"read:roles",
     "Read who has which role",
     {"read:roles:users", "read:roles:services", "read:roles:groups"}},
    {"read:roles:groups", "Read the roles of groups"},
    {"read:roles:services", "Read the roles of services"},
    {"read:roles:users", "Read the roles of users"},
    {"read:servers", "See servers and how they are doing", {"read:users:name"}},
    {"read:services", "Read about services", {"read:services:name"}},
    {"read:services:name", "Read the names of services"},
    {"read:shares", "See with whom servers are shared"},
    {"read:tokens", "See which API tokens exist, without their values"},
    {"read:users",
     "Read about users: name, groups, last activity, and the address of a running server",
     {"read:users:name", "read:users:groups", "read:users:activity"}},
    {"read:users:activity", "Read when users were last active"},
    {"read:users:groups", "Read which groups users are in"},
    {"read:users:name", "Read the names of users"},
    {"read:users:shares", "See which servers have been shared with users"},
    {"self", "Everything that is your own: servers, tokens, shares"},
    {"servers", "Start and stop servers", {"read:servers", "start:servers", "delete:servers"}},
    {"shares",
     "Share servers with others, and end it",
     {"access:servers", "read:shares", "users:shares", "groups:shares"}},
    {"shutdown", "Shut the hub down"},
    {"start:servers", "Start servers and change their options"},
    {"tokens", "Create, see and revoke API tokens", {"read:tokens"}},
    {"users",
     "Read and change users, but not their servers, tokens or sign-in state",
     {"read:users", "list:users", "users:activity"}},
    {"users:activity", "Tell the hub that users are active", {"read:users:activity"}},
    {"users:shares", "See and give up what has been shared with users", {"read:users:shares"}},
});
static_assert(std::ranges::is_sorted(definitions, {}, &scope_definition::name));

constexpr std::array<std::string_view, 7> own{"read:users", "users:shares", "read:shares",   "users:activity",
                                              "servers",    "tokens",       "access:servers"};

constexpr bool is_alnum_lower(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

} // namespace

std::span<const scope_definition> scope_definitions() { return definitions; }

const scope_definition* find_definition(std::string_view name) {
    const auto at = std::ranges::lower_bound(definitions, name, {}, &scope_definition::name);
    return at != definitions.end() && at->name == name ? &*at : nullptr;
}

std::span<const std::string_view> self_scopes() { return own; }

bool is_custom_name(std::string_view name) {
    constexpr std::string_view prefix = "custom:";
    if (!name.starts_with(prefix)) return false;
    name.remove_prefix(prefix.size());
    if (name.size() < 3 || !is_alnum_lower(name.front())) return false;
    const char last = name.back();
    if (!is_alnum_lower(last) && last != '_' && last != '*') return false;
    return std::ranges::all_of(name, [](char c) {
        return is_alnum_lower(c) || std::string_view("_-*:").find(c) != std::string_view::npos;
    });
}

std::string_view describe(std::string_view scope, const custom_scopes& custom) {
    const auto name = scope.substr(0, scope.find('!'));
    if (const auto* found = find_definition(name)) return found->description;
    const auto at = custom.find(name);
    return at == custom.end() ? std::string_view{} : at->second.description;
}

std::vector<std::string> known_scopes() {
    std::vector<std::string> out;
    for (const auto& d : definitions) out.emplace_back(d.name);
    return out;
}

} // namespace berth::auth
