// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/login.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::auth {
namespace {

using names = std::set<std::string, std::less<>>;

bool any_in(const std::vector<std::string>& groups, const names& wanted) {
    return std::ranges::any_of(groups, [&](const auto& g) { return wanted.contains(g); });
}

} // namespace

result<admitted> admit(const admission& rules, const identity& who) {
    if (rules.blocked_users.contains(who.name))
        return fail(errc::denied,
                    fmt::format("The account \"{}\" is blocked here. Ask the administrators.", who.name));
    const bool admin = rules.admin_users.contains(who.name) || any_in(who.groups, rules.admin_groups);
    const bool allowed = admin || rules.allow_all || rules.allowed_users.contains(who.name) ||
                         any_in(who.groups, rules.allowed_groups);
    if (!allowed)
        return fail(errc::denied,
                    fmt::format("The account \"{}\" may not use this service. Ask the administrators to "
                                "allow it.",
                                who.name));
    return admitted{admin};
}

} // namespace berth::auth
