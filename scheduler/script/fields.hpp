// SPDX-License-Identifier: BSD-3-Clause
// One table says what each field of job_fields is called, what it holds and who may set it.
#pragma once

#include "scheduler/job.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace berth::scheduler {

enum class field_kind {
    name,       // a word of Slurm's: letters, digits and _.,:@%+/=-
    expression, // constraint, gres: the above and &|!()[]*<> for Slurm's own syntax
    count,      // an integer >= 1
    memory,
    runtime,
    line,  // one line of shell, from the administrator
    lines, // a list of such
    shell, // several lines of shell, from the administrator
};

struct field_info {
    std::string_view name;
    field_kind kind;
    std::string_view words; // the label on a form when the profile gives none
    std::variant<std::optional<std::string> job_fields::*, std::optional<int> job_fields::*,
                 std::optional<std::int64_t> job_fields::*, std::optional<std::chrono::seconds> job_fields::*,
                 std::vector<std::string> job_fields::*>
        member;

    bool users_may_choose() const { return kind < field_kind::line; }
    bool holds_text() const { return kind == field_kind::name || kind == field_kind::expression; }
};

std::span<const field_info> all_fields();
const field_info* find_field(std::string_view name);

// The field's value in its configuration notation; nothing when it is not set or is `options`.
std::optional<std::string> field_text(const job_fields& fields, const field_info& f);

// Every field that `from` sets replaces that of `into`.
void overlay(job_fields& into, const job_fields& from);

} // namespace berth::scheduler
