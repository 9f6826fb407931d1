// SPDX-License-Identifier: BSD-3-Clause
// The spawn form's fields as the options that the API would have been given.
#include "scheduler/script/fields.hpp"
#include "scheduler/script/options.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace berth::scheduler {
namespace {

using form_fields = std::vector<std::pair<std::string, std::string>>;

std::string chosen_profile(const catalogue& c, const form_fields& form) {
    for (const auto& [name, value] : form)
        if (name == "profile" && !value.empty()) return value;
    return c.profiles.size() == 1 ? c.profiles.front().name : "";
}

// An unchecked box is not sent at all: it means "off", not "the default".
void add_unchecked(nlohmann::json& out, const catalogue& c, const std::string& chosen) {
    const auto p = std::ranges::find(c.profiles, chosen, &profile::name);
    if (p == c.profiles.end()) return;
    for (const auto& option : p->choose)
        if (option.type == choice_type::boolean && !out.contains(option.field)) out[option.field] = false;
}

} // namespace

nlohmann::json options_from_form(const catalogue& c, const form_fields& form) {
    auto out = nlohmann::json::object();
    if (c.profiles.empty()) { // what the page's own machinery sends begins with "_"
        for (const auto& [name, value] : form)
            if (!value.empty() && !name.starts_with('_')) out[name] = value;
        return out;
    }
    const auto chosen = chosen_profile(c, form);
    if (!chosen.empty()) out["profile"] = chosen;
    for (const auto& [name, value] : form) {
        if (value.empty() || name == "profile") continue;
        std::string field = name;
        const bool prefixed = !chosen.empty() && name.starts_with(chosen + ".");
        if (prefixed) field = name.substr(chosen.size() + 1);
        if (!find_field(field)) continue; // another profile's, or the page's own
        if (prefixed || !out.contains(field)) out[field] = value;
    }
    add_unchecked(out, c, chosen);
    return out;
}

} // namespace berth::scheduler
