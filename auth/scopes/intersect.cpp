// SPDX-License-Identifier: BSD-3-Clause
#include "auth/scopes/scopes.hpp"

#include <algorithm>
#include <iterator>

namespace berth::auth {
namespace {

using reach = scope_set::reach;

// The filters of `part` that lie within `whole`. Two different groups never meet, whoever their members are:
// the outcome may be less than both allow, never more.
reach within(const reach& part, const reach& whole, const directory& d) {
    if (whole.everywhere) return part;
    reach out;
    if (part.everywhere) return out;
    for (const auto& u : part.users)
        if (whole.has_user(u, d)) out.users.insert(u);
    for (const auto& s : part.servers)
        if (whole.has_server(s, d)) out.servers.insert(s);
    std::ranges::set_intersection(part.groups, whole.groups, std::inserter(out.groups, out.groups.end()));
    std::ranges::set_intersection(part.services, whole.services,
                                  std::inserter(out.services, out.services.end()));
    return out;
}

} // namespace

scope_set intersect(const scope_set& a, const scope_set& b, const directory& d) {
    scope_set out;
    for (const auto& [scope, mine] : a) {
        const auto* theirs = b.find(scope);
        if (!theirs) continue;
        out.add(scope, within(mine, *theirs, d));
        out.add(scope, within(*theirs, mine, d));
    }
    return out;
}

bool is_subset(const scope_set& part, const scope_set& whole, const directory& d) {
    return std::ranges::all_of(part, [&](const auto& entry) {
        const auto* theirs = whole.find(entry.first);
        return theirs && within(entry.second, *theirs, d) == entry.second;
    });
}

} // namespace berth::auth
