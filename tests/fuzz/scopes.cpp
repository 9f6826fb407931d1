// SPDX-License-Identifier: BSD-3-Clause
// Scopes as clients write them: the owner's name, one scope a line, an empty line, a second set. Nothing that
// is narrowed allows more than before.
#include "auth/scopes/scopes.hpp"
#include "tests/fuzz/support.hpp"

#include <string>

namespace {

using namespace berth::auth;
using berth::fuzz::check;

// Somebody is in a group when the names are equally long: any relation will do.
struct people final : directory {
    bool is_member(std::string_view user, std::string_view group) const override {
        return user.size() == group.size();
    }
};

void check_narrowed(const scope_set& a, const scope_set& b, const directory& d) {
    const auto both = intersect(a, b, d);
    check(is_subset(both, a, d) && is_subset(both, b, d), "what both allow, each allows");
    check(both == intersect(b, a, d), "the order does not matter");
    check(intersect(a, a, d) == a && is_subset(a, a, d), "a set meets itself whole");
    const auto asked = {target{}, target::of_user("al"), target::of_server("al", "n"), target::of_group("gg"),
                        target::of_service("s")};
    for (const auto& [scope, reach] : both)
        for (const auto& t : asked)
            if (both.covers(scope, t, d))
                check(a.covers(scope, t, d) && b.covers(scope, t, d), "what both cover, each covers");
    auto sum = a;
    sum.merge(b);
    check(is_subset(a, sum, d) && is_subset(b, sum, d), "a sum holds its parts");
}

} // namespace

void fuzz(std::string_view bytes) {
    berth::fuzz::lines in(bytes);
    const scope_owner owner{.is = scope_owner::kind::user,
                            .name = std::string(in.next()),
                            .client_server = "al/n",
                            .client_service = "s"};
    const auto first = in.until_empty_line(), second = in.until_empty_line();
    const people d;
    const auto a = expand(first, owner), b = expand(second, owner);
    const auto written = a.to_strings();
    check(expand(written, {}) == a, "expanded scopes that are written out are read as the same again");
    if (check_known(first)) check(check_known(written).has_value(), "what is known stays known");
    check_narrowed(a, b, d);
    (void)describe(first.empty() ? "" : first.front());
}
