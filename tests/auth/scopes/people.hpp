// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "auth/scopes/scopes.hpp"

#include <random>

namespace berth::auth {

using texts = std::vector<std::string>;

// al and bob are physicists, bob and cy are admins of the cluster, dora is alone.
struct people final : directory {
    bool is_member(std::string_view user, std::string_view group) const override {
        if (group == "physics") return user == "al" || user == "bob";
        return group == "ops" && (user == "bob" || user == "cy");
    }
};

inline scope_owner user_owner(std::string name, std::string server = "") {
    return {scope_owner::kind::user, std::move(name), std::move(server), ""};
}
inline scope_owner service_owner(std::string name) {
    return {scope_owner::kind::service, std::move(name), "", ""};
}

inline scope_set expanded(const texts& raw) { return expand(raw, user_owner("al")); }

// Some scopes with some filters, the same for the same generator.
inline texts random_raw(std::mt19937& random) {
    static const texts names = known_scopes();
    static const texts filters{
        "",           "!user=al",    "!user=bob",     "!user=dora",    "!group=physics",
        "!group=ops", "!server=al/", "!server=bob/x", "!server=dora/", "!service=cull"};
    texts out;
    for (auto left = random() % 6; left > 0; --left)
        out.push_back(names[random() % names.size()] + filters[random() % filters.size()]);
    return out;
}

} // namespace berth::auth
