// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/script/fields.hpp"

#include "daemon/runtime/encoding.hpp"
#include "scheduler/script/options.hpp"
#include "scheduler/script/units.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace berth::scheduler {
namespace {

constexpr std::size_t longest_word = 256, longest_shell = 64 * 1024;
constexpr int most = 1'000'000;

constexpr std::array table{
    field_info{"partition", field_kind::name, "Partition", &job_fields::partition},
    field_info{"account", field_kind::name, "Account", &job_fields::account},
    field_info{"qos", field_kind::name, "Quality of service", &job_fields::qos},
    field_info{"reservation", field_kind::name, "Reservation", &job_fields::reservation},
    field_info{"constraint", field_kind::expression, "Node features", &job_fields::constraint},
    field_info{"gres", field_kind::expression, "GPUs and other resources", &job_fields::gres},
    field_info{"nodes", field_kind::count, "Nodes", &job_fields::nodes},
    field_info{"nprocs", field_kind::count, "Tasks", &job_fields::nprocs},
    field_info{"cpus", field_kind::count, "Cores per task", &job_fields::cpus},
    field_info{"memory", field_kind::memory, "Memory", &job_fields::memory_mib},
    field_info{"runtime", field_kind::runtime, "Run time", &job_fields::runtime},
    field_info{"srun", field_kind::line, "Launcher", &job_fields::srun},
    field_info{"options", field_kind::lines, "Further options", &job_fields::options},
    field_info{"prologue", field_kind::shell, "Prologue", &job_fields::prologue},
    field_info{"epilogue", field_kind::shell, "Epilogue", &job_fields::epilogue},
};

std::string json_shown(const nlohmann::json& value) {
    return shown(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::unexpected<failure> refuse(const field_info& f, const std::string& what) {
    return fail(errc::invalid_argument, fmt::format("{}: {}", f.name, what));
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool word_character(char c, bool expression) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
    if (std::string_view("_.,:@%+/=-").find(c) != std::string_view::npos) return true;
    return expression && std::string_view("&|!()[]*<>").find(c) != std::string_view::npos;
}

result<std::string> checked_word(const field_info& f, const std::string& value) {
    const bool expression = f.kind == field_kind::expression;
    if (value.empty()) return refuse(f, "is empty; leave the key out instead");
    if (value.size() > longest_word)
        return refuse(
            f, fmt::format("{} bytes are too long; at most {} are allowed", value.size(), longest_word));
    if (value.front() == '-' ||
        !std::ranges::all_of(value, [&](char c) { return word_character(c, expression); }))
        return refuse(
            f,
            fmt::format("{} is not allowed; write letters, digits and _.,:@%+/=-{} without a leading \"-\"",
                        shown(value), expression ? " &|!()[]*<>" : ""));
    return value;
}

// What the administrator writes for a shell: any text, but no control characters besides those of lines.
result<std::string> checked_shell(const field_info& f, const std::string& value, bool one_line) {
    if (value.size() > longest_shell)
        return refuse(
            f, fmt::format("{} bytes are too long; at most {} are allowed", value.size(), longest_shell));
    const auto bad = [&](char c) { return is_control(c) && c != '\t' && (one_line || c != '\n'); };
    if (std::ranges::any_of(value, bad) || !is_valid_utf8(value))
        return refuse(f, shown(value) + (one_line ? " is not one line of plain text" : " is not plain text"));
    return value;
}

result<std::string> text_of(const field_info& f, const nlohmann::json& value, std::string_view example) {
    if (value.is_string()) return value.get<std::string>();
    return refuse(f,
                  fmt::format("{} is of the wrong type; write text such as {}", json_shown(value), example));
}

result<int> count_of(const field_info& f, const nlohmann::json& value) {
    const auto wrong = [&](const std::string& given) {
        return refuse(f, fmt::format("{} is not a whole number from 1 to {}", given, most));
    };
    if (value.is_number_unsigned() || value.is_number_integer()) {
        const bool fits = value.is_number_unsigned()
                              ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(most)
                              : value.get<std::int64_t>() >= 1;
        if (!fits || value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > most)
            return wrong(value.dump());
        return value.get<int>();
    }
    if (!value.is_string()) return wrong(json_shown(value));
    const auto text = value.get<std::string>(); // forms give numbers as text
    int n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc() || end != text.data() + text.size() || n < 1 || n > most)
        return wrong(shown(text));
    return n;
}

result<std::vector<std::string>> lines_of(const field_info& f, const nlohmann::json& value) {
    const nlohmann::json list = value.is_string() ? nlohmann::json::array({value}) : value;
    if (!list.is_array()) return refuse(f, "is of the wrong type; write a list such as [\"--exclusive\"]");
    std::vector<std::string> out;
    for (const auto& entry : list) {
        auto text = text_of(f, entry, "\"--exclusive\"");
        if (text) text = checked_shell(f, *text, true);
        if (!text) return fail(text.error());
        std::string_view line = trim(*text);
        if (line.starts_with("#SBATCH")) line = trim(line.substr(7));
        if (!line.starts_with('-')) return refuse(f, shown(line) + " is not an option; it begins with \"-\"");
        out.emplace_back(line);
    }
    return out;
}

template<class T, class V>
result<void> store(job_fields& fields, const field_info& f, const result<V>& value) {
    if (!value) return fail(value.error());
    if constexpr (requires { fields.*std::get<T job_fields::*>(f.member) = *value; })
        fields.*std::get<T job_fields::*>(f.member) = *value;
    return {};
}

template<class V>
result<V> named(const field_info& f, result<V> value) {
    if (!value) return refuse(f, value.error().message);
    return value;
}

} // namespace

std::span<const field_info> all_fields() { return table; }

const field_info* find_field(std::string_view name) {
    const auto found = std::ranges::find(table, name, &field_info::name);
    return found == table.end() ? nullptr : &*found;
}

std::optional<std::string> field_text(const job_fields& fields, const field_info& f) {
    return std::visit(
        [&]<class M>(M job_fields::* member) -> std::optional<std::string> {
            const auto& value = fields.*member;
            if constexpr (std::is_same_v<M, std::vector<std::string>>)
                return std::nullopt;
            else if (!value)
                return std::nullopt;
            else if constexpr (std::is_same_v<M, std::optional<int>>)
                return std::to_string(*value);
            else if constexpr (std::is_same_v<M, std::optional<std::int64_t>>)
                return memory_text(*value);
            else if constexpr (std::is_same_v<M, std::optional<std::chrono::seconds>>)
                return runtime_text(*value);
            else
                return *value;
        },
        f.member);
}

void overlay(job_fields& into, const job_fields& from) {
    for (const auto& f : table) {
        std::visit(
            [&]<class M>(M job_fields::* member) {
                if constexpr (std::is_same_v<M, std::vector<std::string>>) {
                    if (!(from.*member).empty()) into.*member = from.*member;
                } else if (from.*member) {
                    into.*member = from.*member;
                }
            },
            f.member);
    }
}

result<void> set_field(job_fields& fields, const std::string& name, const nlohmann::json& value) {
    const field_info* f = find_field(name);
    if (!f) {
        std::vector<std::string_view> names;
        for (const auto& known : table) names.push_back(known.name);
        return fail(errc::invalid_argument, fmt::format("{} is not a field of a job; fields are {}",
                                                        shown(name), fmt::join(names, ", ")));
    }
    switch (f->kind) {
    case field_kind::count: return store<std::optional<int>>(fields, *f, count_of(*f, value));
    case field_kind::lines: return store<std::vector<std::string>>(fields, *f, lines_of(*f, value));
    case field_kind::memory: {
        if (value.is_number_unsigned())
            return store<std::optional<std::int64_t>>(fields, *f, named(*f, parse_memory(value.dump())));
        const auto text = text_of(*f, value, "\"2G\"");
        if (!text) return fail(text.error());
        return store<std::optional<std::int64_t>>(fields, *f, named(*f, parse_memory(*text)));
    }
    case field_kind::runtime: {
        const auto text = text_of(*f, value, "\"01:00:00\"");
        if (!text) return fail(text.error());
        return store<std::optional<std::chrono::seconds>>(fields, *f, named(*f, parse_runtime(*text)));
    }
    case field_kind::name:
    case field_kind::expression: {
        const auto text = text_of(*f, value, "\"debug\"");
        if (!text) return fail(text.error());
        return store<std::optional<std::string>>(fields, *f, checked_word(*f, *text));
    }
    case field_kind::line:
    case field_kind::shell: {
        const auto text = text_of(*f, value, "\"srun\"");
        if (!text) return fail(text.error());
        return store<std::optional<std::string>>(fields, *f,
                                                 checked_shell(*f, *text, f->kind == field_kind::line));
    }
    }
    return fail(errc::internal, "a field of no kind");
}

} // namespace berth::scheduler
