// SPDX-License-Identifier: BSD-3-Clause
#include "auth/credentials/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace berth::auth {
namespace {

using enum credential_policy;
constexpr std::array policies{std::pair(require, std::string_view("require")),
                              std::pair(attempt, std::string_view("try")),
                              std::pair(none, std::string_view("none")),
                              std::pair(client_credentials, std::string_view("client_credentials"))};

bool has(const std::vector<std::string>& list, std::string_view name) {
    return std::ranges::find(list, name) != list.end();
}

// "user", "group" or "role", and the name; a bare name is a user's.
std::pair<std::string_view, std::string_view> split(std::string_view match) {
    const auto colon = match.find(':');
    if (colon == match.npos) return {"user", match};
    return {match.substr(0, colon), match.substr(colon + 1)};
}

bool applies(const std::string& match, const rule_subject& who) {
    if (match == "*") return true;
    if (match == "service_account") return who.service_account;
    const auto [kind, name] = split(match);
    if (kind == "group") return has(who.groups, name);
    if (kind == "role") return has(who.roles, name);
    return kind == "user" && name == who.user;
}

} // namespace

std::string_view to_string(credential_policy p) {
    return std::ranges::find(policies, p, &decltype(policies)::value_type::first)->second;
}

result<credential_rule> parse_credential_rule(std::string_view match, std::string_view policy) {
    const auto [kind, name] = split(match);
    if (name.empty() || (kind != "user" && kind != "group" && kind != "role"))
        return fail(
            errc::invalid_argument,
            fmt::format("\"{}\" matches nobody; allowed are \"*\", \"service_account\", \"user:NAME\", "
                        "\"group:NAME\", \"role:NAME\", or a user's name",
                        match));
    const auto known = std::ranges::find(policies, policy, &decltype(policies)::value_type::second);
    if (known == policies.end())
        return fail(errc::invalid_argument,
                    fmt::format("policy \"{}\" is not known; allowed are \"require\", \"try\", \"none\", "
                                "\"client_credentials\"",
                                policy));
    return credential_rule{std::string(match), known->first};
}

credential_policy find_policy(const std::vector<credential_rule>& rules, const rule_subject& who,
                              credential_policy otherwise) {
    for (const auto& rule : rules)
        if (applies(rule.match, who)) return rule.policy;
    return who.service_account ? client_credentials : otherwise;
}

} // namespace berth::auth
