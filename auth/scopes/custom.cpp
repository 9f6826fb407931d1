// SPDX-License-Identifier: BSD-3-Clause
#include "auth/scopes/definitions.hpp"
#include "auth/scopes/scopes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::auth {
namespace {

result<void> wrong(const custom_scope& s, std::string_view why) {
    return fail(errc::invalid_argument, fmt::format("custom scope \"{}\": {}", s.name, why));
}

result<void> check(const custom_scope& s) {
    if (!is_custom_name(s.name))
        return wrong(s, "a name begins with \"custom:\", goes on with at least three of a-z, 0-9, '_', '-', '*', "
                        "':', a letter or digit first, and does not end with '-' or ':'");
    if (s.description.empty()) return wrong(s, "needs a description: people read it when they are asked");
    return {};
}

result<void> check_subscopes(const custom_scope& s, const custom_scopes& all) {
    for (const auto& child : s.implies) {
        if (find_definition(child))
            return wrong(s, fmt::format("subscope '{}' is the hub's own; a custom scope holds custom scopes only, "
                                        "and a role holds both",
                                        child));
        if (!all.contains(child)) return wrong(s, fmt::format("subscope '{}' is not defined", child));
    }
    return {};
}

// Whether the subscopes lead back to a scope that we have come by. `done`: those that end.
bool leads_round(const custom_scope& s, const custom_scopes& all, std::set<std::string>& on_the_way,
                 std::set<std::string>& done) {
    if (done.contains(s.name)) return false;
    if (!on_the_way.insert(s.name).second) return true;
    const bool round = std::ranges::any_of(
        s.implies, [&](const auto& child) { return leads_round(all.find(child)->second, all, on_the_way, done); });
    on_the_way.erase(s.name);
    done.insert(s.name);
    return round;
}

} // namespace

result<custom_scopes> make_custom_scopes(std::vector<custom_scope> configured) {
    custom_scopes all;
    for (auto& s : configured) {
        if (auto ok = check(s); !ok) return fail(ok.error());
        if (all.contains(s.name)) return fail(wrong(s, "is defined twice").error());
        auto name = s.name;
        all.emplace(std::move(name), std::move(s));
    }
    for (const auto& [name, s] : all)
        if (auto ok = check_subscopes(s, all); !ok) return fail(ok.error());
    std::set<std::string> done;
    for (const auto& [name, s] : all) {
        std::set<std::string> on_the_way;
        if (leads_round(s, all, on_the_way, done)) return fail(wrong(s, "its subscopes lead back to itself").error());
    }
    return all;
}

} // namespace berth::auth
