// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/openapi/schema_words.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace berth::openapi {

namespace {

constexpr std::string_view ref_begin = "#/components/schemas/";

std::string joined(const ordered_json& list, std::string_view between, std::string (*word)(const ordered_json&)) {
    std::string out;
    for (const auto& one : list) out += (out.empty() ? "" : std::string(between)) + word(one);
    return out;
}

std::string value_word(const ordered_json& v) { return v.dump(); }
std::string plain_word(const ordered_json& v) { return v.get<std::string>(); }

std::string range_words(const ordered_json& schema) {
    const auto low = schema.find("minimum"), high = schema.find("maximum");
    if (low != schema.end() && high != schema.end()) return fmt::format(", {} to {}", low->dump(), high->dump());
    if (low != schema.end()) return fmt::format(", {} or more", low->dump());
    return "";
}

std::string object_words(const ordered_json& schema) {
    if (const auto more = schema.find("additionalProperties"); more != schema.end() && more->is_object() && !schema.contains("properties"))
        return "object of " + type_words(*more);
    const auto members = schema.find("properties");
    if (members == schema.end() || members->empty()) return "object";
    std::string names;
    for (const auto& [name, ignored] : members->items()) names += (names.empty() ? "" : ", ") + name;
    return fmt::format("object with {}", names);
}

std::string single_type(const ordered_json& schema, const std::string& type) {
    if (type == "array") return "list of " + (schema.contains("items") ? type_words(schema["items"]) : "anything");
    if (type == "object") return object_words(schema);
    if (type == "string" && text_of(schema, "format") == "date-time") return "time";
    return type + range_words(schema);
}

} // namespace

std::string text_of(const ordered_json& object, const char* key) {
    const auto at = object.find(key);
    return at != object.end() && at->is_string() ? at->get<std::string>() : "";
}

const ordered_json& resolved(const ordered_json& document, const ordered_json& holder) {
    const auto ref = text_of(holder, "$ref");
    return ref.empty() ? holder : document.at(ordered_json::json_pointer(ref.substr(1)));
}

std::string type_words(const ordered_json& schema) {
    if (const auto ref = text_of(schema, "$ref"); ref.starts_with(ref_begin)) return ref.substr(ref_begin.size());
    if (const auto at = schema.find("const"); at != schema.end()) return at->dump();
    if (const auto at = schema.find("enum"); at != schema.end()) return joined(*at, ", ", value_word);
    for (const auto* key : {"oneOf", "anyOf"})
        if (const auto at = schema.find(key); at != schema.end()) return joined(*at, " or ", type_words);
    if (const auto at = schema.find("allOf"); at != schema.end()) return joined(*at, " and ", type_words);
    const auto type = schema.find("type");
    if (type == schema.end()) return "";
    if (type->is_string()) return single_type(schema, type->get<std::string>());
    std::string out;
    for (const auto& one : *type) out += (out.empty() ? "" : " or ") + single_type(schema, plain_word(one));
    return out;
}

std::string model_name(const ordered_json& schema) {
    if (const auto ref = text_of(schema, "$ref"); ref.starts_with(ref_begin)) return ref.substr(ref_begin.size());
    for (const auto* key : {"items", "additionalProperties"})
        if (const auto at = schema.find(key); at != schema.end() && at->is_object()) return model_name(*at);
    if (const auto at = schema.find("oneOf"); at != schema.end())
        for (const auto& one : *at)
            if (auto name = model_name(one); !name.empty()) return name;
    return "";
}

std::vector<row> members_of(const ordered_json& document, const ordered_json& schema) {
    std::vector<row> out;
    if (const auto all = schema.find("allOf"); all != schema.end())
        for (const auto& one : *all) std::ranges::move(members_of(document, resolved(document, one)), std::back_inserter(out));
    const auto required = schema.value("required", ordered_json::array());
    for (const auto& [name, value] : schema.value("properties", ordered_json::object()).items())
        out.push_back({name, type_words(value), model_name(value), "", text_of(value, "description"),
                       std::ranges::find(required, ordered_json(name)) != required.end()});
    return out;
}

} // namespace berth::openapi
