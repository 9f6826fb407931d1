// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/script/options.hpp"

#include "scheduler/script/choices.hpp"
#include "scheduler/script/fields.hpp"
#include "scheduler/script/units.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace berth::scheduler {
namespace {

using nlohmann::json;

std::string names_of(const catalogue& c) {
    std::vector<std::string_view> names;
    for (const auto& p : c.profiles) names.push_back(p.name);
    return fmt::format("{}", fmt::join(names, ", "));
}

result<const profile*> pick_profile(const catalogue& c, const json& user_options) {
    const auto given = user_options.find("profile");
    if (given == user_options.end() || given->is_null()) {
        if (c.profiles.size() == 1) return &c.profiles.front();
        return fail(errc::invalid_argument, "profile: not given; choose one of " + names_of(c));
    }
    if (!given->is_string())
        return fail(errc::invalid_argument, "profile: must be text, one of " + names_of(c));
    const auto& name = given->get_ref<const std::string&>();
    const auto found = std::ranges::find(c.profiles, name, &profile::name);
    if (found == c.profiles.end())
        return fail(errc::invalid_argument,
                    fmt::format("profile: {} does not exist; choose one of {}", shown(name), names_of(c)));
    return &*found;
}

const choice* find_choice(const profile& p, std::string_view field) {
    const auto found = std::ranges::find(p.choose, field, &choice::field);
    return found == p.choose.end() ? nullptr : &*found;
}

std::string offered(const profile& p) {
    if (p.choose.empty()) return fmt::format("profile {} leaves nothing to choose", shown(p.name));
    std::vector<std::string_view> names;
    for (const auto& c : p.choose) names.push_back(c.field);
    return fmt::format("profile {} lets you choose {}", shown(p.name), fmt::join(names, ", "));
}

result<job_fields> cluster_defaults(const catalogue& c, const std::string& cluster) {
    const auto found = c.clusters.find(cluster);
    if (found == c.clusters.end()) return fail(errc::not_found, "there is no cluster " + shown(cluster));
    return found->second;
}

result<resolved> without_profiles(const catalogue& c) {
    if (c.clusters.empty()) return fail(errc::not_found, "no cluster is configured");
    const auto& [name, fields] = *c.clusters.begin();
    return resolved{name, "", fields};
}

} // namespace

result<resolved> resolve(const catalogue& c, const json& given) {
    const json user_options = given.is_null() ? json::object() : given;
    if (!user_options.is_object())
        return fail(errc::invalid_argument,
                    R"(the options of a start are a JSON object such as {"profile": "small"})");
    if (c.profiles.empty()) return without_profiles(c);
    const auto picked = pick_profile(c, user_options);
    if (!picked) return fail(picked.error());
    const profile& p = **picked;
    auto fields = cluster_defaults(c, p.cluster);
    if (!fields) return fail(fields.error());
    overlay(*fields, p.set);
    for (const auto& option : p.choose) // the form's defaults hold for the API too
        if (option.initial && !user_options.contains(option.field))
            if (const auto good = choose(*fields, option, *option.initial); !good) return fail(good.error());
    for (const auto& [key, value] : user_options.items()) {
        if (key == "profile") continue;
        const choice* option = find_choice(p, key);
        if (!option)
            return fail(errc::invalid_argument,
                        fmt::format("{}: cannot be chosen; {}", shown(key), offered(p)));
        if (const auto good = choose(*fields, *option, value); !good) return fail(good.error());
    }
    return resolved{p.cluster, p.name, std::move(*fields)};
}

result<void> check_profile(const catalogue& c, const profile& p) {
    const auto about = [&](failure f) {
        f.message = fmt::format("profile {}: {}", shown(p.name), f.message);
        return fail(std::move(f));
    };
    if (p.name.empty()) return fail(errc::invalid_argument, "a profile has no name");
    if (std::ranges::count(c.profiles, p.name, &profile::name) > 1)
        return about({errc::invalid_argument, "the name is used twice"});
    if (const auto known = cluster_defaults(c, p.cluster); !known)
        return about({errc::invalid_argument, known.error().message});
    for (const auto& option : p.choose) {
        if (const auto good = check_choice(option); !good) return about(good.error());
        if (std::ranges::count(p.choose, option.field, &choice::field) > 1)
            return about({errc::invalid_argument, option.field + ": offered twice"});
    }
    return {};
}

} // namespace berth::scheduler
