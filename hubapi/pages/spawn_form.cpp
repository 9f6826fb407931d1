// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/pages/spawn_form.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace berth::pages {

using nlohmann::json;
using scheduler::choice;
using scheduler::choice_type;

namespace {

std::string form_of(choice_type type) {
    switch (type) {
    case choice_type::duration: return "as hours:minutes:seconds";
    case choice_type::memory: return "for example 4G or 512M";
    default: return "";
    }
}

struct label {
    std::string_view field, words;
};
constexpr std::array<label, 12> labels{{{"runtime", "Time"},
                                        {"memory", "Memory"},
                                        {"nprocs", "Cores"},
                                        {"cpus", "Cores per task"},
                                        {"nodes", "Nodes"},
                                        {"partition", "Partition"},
                                        {"account", "Account"},
                                        {"qos", "QOS"},
                                        {"reservation", "Reservation"},
                                        {"constraint", "Constraint"},
                                        {"gres", "GPUs and other resources"},
                                        {"srun", "Launcher"}}};

std::string label_of(const choice& c) {
    if (!c.title.empty()) return c.title;
    const auto found = std::ranges::find(labels, c.field, &label::field);
    return found == labels.end() ? c.field : std::string(found->words);
}

std::string bounds_of(const choice& c) {
    if (c.min && c.max) return fmt::format("{} to {}", *c.min, *c.max);
    if (c.max) return "Up to " + *c.max;
    return c.min ? "At least " + *c.min : "";
}

std::string hint_of(const choice& c) {
    if (c.type == choice_type::select || c.type == choice_type::boolean) return "";
    const auto bounds = bounds_of(c), form = form_of(c.type);
    return bounds.empty() || form.empty() ? bounds + form : bounds + ", " + form;
}

std::string text_of(const json& value) {
    if (value.is_string()) return value.get<std::string>();
    return value.is_null() || value.is_structured() ? std::string() : value.dump();
}

std::string given(const json& options, const choice& c) {
    const auto at = options.find(c.field);
    return at == options.end() ? c.initial.value_or("") : text_of(*at);
}

spawn_field field_of(const scheduler::profile& p, const choice& c, const json& options) {
    spawn_field f;
    f.name = f.id = p.name + "." + c.field;
    f.label = label_of(c);
    f.value = given(options, c);
    f.hint = hint_of(c);
    f.is_select = c.type == choice_type::select;
    f.is_checkbox = c.type == choice_type::boolean;
    f.checked = f.is_checkbox && f.value == "true";
    if (c.type == choice_type::integer) f.input_mode = "numeric";
    for (const auto& o : c.options) f.options.push_back({o, o == f.value});
    return f;
}

// Each value alone: which of them is at fault stands beside it.
std::string fault_of(const scheduler::catalogue& all, const std::string& profile, const choice& c,
                     const json& options) {
    const auto at = options.find(c.field);
    if (at == options.end()) return "";
    const auto judged = scheduler::resolve(all, json{{"profile", profile}, {c.field, *at}});
    return judged ? "" : judged.error().message;
}

} // namespace

std::vector<spawn_profile> spawn_profiles(const scheduler::catalogue& c, const json& options, bool judge) {
    const json filled = options.is_object() ? options : json::object();
    std::string chosen = text_of(filled.value("profile", json()));
    const bool known = std::ranges::any_of(c.profiles, [&](const auto& p) { return p.name == chosen; });
    if (!known && !c.profiles.empty()) chosen = c.profiles.front().name;
    std::vector<spawn_profile> out;
    for (const auto& p : c.profiles) {
        spawn_profile shown;
        shown.name = p.name;
        shown.title = p.title.empty() ? p.name : p.title;
        shown.description = p.description;
        shown.cluster = p.cluster;
        shown.chosen = p.name == chosen;
        const auto plain = scheduler::resolve(c, json{{"profile", p.name}});
        shown.resources = scheduler::in_words(plain ? plain->fields : p.set);
        if (shown.resources == shown.title) shown.resources.clear();
        const json& values = shown.chosen && known ? filled : json::object();
        for (const auto& option : p.choose) {
            shown.fields.push_back(field_of(p, option, values));
            if (judge && shown.chosen) shown.fields.back().error = fault_of(c, p.name, option, values);
        }
        out.push_back(std::move(shown));
    }
    return out;
}

bool any_error(const std::vector<spawn_profile>& profiles) {
    return std::ranges::any_of(profiles, [](const auto& p) {
        return std::ranges::any_of(p.fields, [](const auto& f) { return !f.error.empty(); });
    });
}

} // namespace berth::pages
