// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/agent/verbs.hpp"

#include "scheduler/slurm/agent/session.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace berth::slurm_agent {
namespace {

struct verb_entry {
    std::string_view name;
    answer (*run)(const settings&, const nlohmann::json&);
};

constexpr std::array table{verb_entry{"hello", hello}, verb_entry{"submit", submit},
                           verb_entry{"list", list},   verb_entry{"cancel", cancel},
                           verb_entry{"nodes", nodes}, verb_entry{"log", log_tail}};

bool name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

} // namespace

result<void> check_job_name(const settings& s, const std::string& name) {
    if (s.prefix.empty() || !name.starts_with(s.prefix))
        return fail(errc::denied,
                    fmt::format("the agent touches only jobs whose name begins with {}", s.prefix));
    if (name.size() == s.prefix.size() || name.size() > 200 || !std::ranges::all_of(name, name_character))
        return fail(errc::invalid_argument,
                    "a job's name holds letters, digits, -, _ and . and at most 200 of them");
    return {};
}

answer handle(const settings& s, const std::string& verb, const nlohmann::json& arguments) {
    const auto found = std::ranges::find(table, verb, &verb_entry::name);
    if (found == table.end())
        return fail(errc::invalid_argument, fmt::format("the agent has no word {}", verb));
    try {
        if (const auto token = arguments.value("credential", std::string()); !token.empty()) use_token(token);
        return found->run(s, arguments);
    } catch (const nlohmann::json::exception& e) {
        return fail(errc::invalid_argument, fmt::format("{}: {}", verb, e.what()));
    }
}

} // namespace berth::slurm_agent
