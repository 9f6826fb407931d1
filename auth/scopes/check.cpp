// SPDX-License-Identifier: BSD-3-Clause
#include "auth/scopes/definitions.hpp"
#include "auth/scopes/raw_scope.hpp"
#include "auth/scopes/scopes.hpp"

#include <fmt/format.h>

namespace berth::auth {
namespace {

result<void> check_one(const std::string& text, const custom_scopes& custom) {
    const auto name = text.substr(0, text.find('!'));
    if (!find_definition(name) && !custom.contains(name))
        return fail(errc::invalid_argument,
                    fmt::format("Scope '{}' does not exist{}", text,
                                name.starts_with("custom:") ? ": define it in a [[custom_scope]]" : ""));
    const auto parsed = parse_raw_scope(text);
    if (!parsed)
        return fail(
            errc::invalid_argument,
            fmt::format(
                "Scope filter '{}' in scope '{}' does not exist: allowed are !user, !service, !server, "
                "!user=NAME, !group=NAME, !service=NAME and !server=USER/SERVER",
                text.substr(text.find('!')), text));
    if ((name == "self" || name == "inherit") && parsed->kind != filter_kind::none)
        return fail(errc::invalid_argument, fmt::format("Scope '{}': '{}' takes no filter", text, name));
    return {};
}

} // namespace

result<void> check_known(std::span<const std::string> raw, const custom_scopes& custom) {
    for (const auto& text : raw)
        if (auto checked = check_one(text, custom); !checked) return checked;
    return {};
}

} // namespace berth::auth
