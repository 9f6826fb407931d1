// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/script/choices.hpp"

#include "daemon/runtime/encoding.hpp"
#include "scheduler/script/fields.hpp"
#include "scheduler/script/units.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <regex>

namespace berth::scheduler {
namespace {

using nlohmann::json;

std::unexpected<failure> refuse(const choice& c, std::string_view given, std::string_view why) {
    const auto allowed = allowed_words(c);
    return fail(errc::invalid_argument, fmt::format("{}: {} {}{}{}", c.field, given, why,
                                                    allowed.empty() ? "" : "; allowed is ", allowed));
}

// The number behind a countable field: a count, MiB or seconds.
std::optional<std::int64_t> number_of(const job_fields& fields, const field_info& f) {
    return std::visit(
        [&]<class M>(M job_fields::* member) -> std::optional<std::int64_t> {
            if constexpr (std::is_same_v<M, std::optional<int>> ||
                          std::is_same_v<M, std::optional<std::int64_t>>) {
                if (fields.*member) return *(fields.*member);
            } else if constexpr (std::is_same_v<M, std::optional<std::chrono::seconds>>) {
                if (fields.*member) return (fields.*member)->count();
            }
            return std::nullopt;
        },
        f.member);
}

// The number that a bound written in the field's own notation means.
std::optional<std::int64_t> bound_of(const choice& c, const field_info& f,
                                     const std::optional<std::string>& bound) {
    job_fields scratch;
    if (!bound || !set_field(scratch, c.field, *bound)) return std::nullopt;
    return number_of(scratch, f);
}

result<void> within_bounds(const job_fields& chosen, const choice& c, const field_info& f) {
    const auto n = number_of(chosen, f);
    if (!n) return {};
    const auto low = bound_of(c, f, c.min), high = bound_of(c, f, c.max);
    const auto given = shown(field_text(chosen, f).value_or(""));
    if (low && *n < *low) return refuse(c, given, "is too little");
    if (high && *n > *high) return refuse(c, given, "is too much");
    return {};
}

result<void> one_of(const job_fields& chosen, const choice& c, const field_info& f) {
    const auto value = field_text(chosen, f);
    const bool found = std::ranges::any_of(c.options, [&](const std::string& option) {
        job_fields scratch;
        return set_field(scratch, c.field, option) && field_text(scratch, f) == value;
    });
    if (!found) return refuse(c, shown(value.value_or("")), "is not offered");
    return {};
}

result<void> matches(const job_fields& chosen, const choice& c, const field_info& f) {
    if (c.pattern.empty()) return {};
    const auto value = field_text(chosen, f).value_or("");
    try {
        if (std::regex_match(value, std::regex(c.pattern, std::regex::ECMAScript))) return {};
    } catch (const std::regex_error&) {
        return fail(errc::internal,
                    fmt::format("{}: the profile's pattern {} cannot be applied", c.field, c.pattern));
    }
    return refuse(c, shown(value), "does not match");
}

std::optional<bool> truth_of(const json& value) {
    if (value.is_boolean()) return value.get<bool>();
    if (!value.is_string()) return std::nullopt;
    const auto text = to_lower_ascii(value.get<std::string>());
    for (const auto word : {"true", "on", "yes", "1"})
        if (text == word) return true;
    for (const auto word : {"false", "off", "no", "0"})
        if (text == word) return false;
    return std::nullopt;
}

result<void> choose_boolean(job_fields& fields, const choice& c, const json& value) {
    const auto on = truth_of(value);
    if (!on)
        return refuse(c, shown(value.dump(-1, ' ', false, json::error_handler_t::replace)),
                      "is neither true nor false");
    if (c.options.empty() || (!*on && c.options.size() < 2)) return {};
    return set_field(fields, c.field, *on ? c.options.back() : c.options.front());
}

bool countable(choice_type t) {
    return t == choice_type::integer || t == choice_type::duration || t == choice_type::memory;
}

bool type_fits(choice_type t, const field_info& f) {
    switch (t) {
    case choice_type::text: return f.holds_text();
    case choice_type::integer: return f.kind == field_kind::count;
    case choice_type::duration: return f.kind == field_kind::runtime;
    case choice_type::memory: return f.kind == field_kind::memory;
    case choice_type::select:
    case choice_type::boolean: return true;
    }
    return false;
}

result<void> check_bounds(const choice& c, const field_info& f) {
    for (const auto& bound : {c.min, c.max}) {
        if (!bound) continue;
        if (!countable(c.type))
            return fail(errc::invalid_argument, c.field + ": min and max are for numbers only");
        job_fields scratch;
        if (const auto read = set_field(scratch, c.field, *bound); !read) return read;
    }
    const auto low = bound_of(c, f, c.min), high = bound_of(c, f, c.max);
    if (low && high && *low > *high)
        return fail(errc::invalid_argument,
                    fmt::format("{}: min {} is more than max {}", c.field, *c.min, *c.max));
    return {};
}

result<void> check_options(const choice& c) {
    const bool wants = c.type == choice_type::select || c.type == choice_type::boolean;
    if (wants == c.options.empty())
        return fail(errc::invalid_argument,
                    c.field + (wants ? ": options are missing" : ": options are for select only"));
    if (c.type == choice_type::boolean && c.options.size() > 2)
        return fail(errc::invalid_argument, c.field + ": a boolean has one or two options");
    for (const auto& option : c.options) {
        job_fields scratch;
        if (const auto read = set_field(scratch, c.field, option); !read) return read;
    }
    return {};
}

} // namespace

std::string allowed_words(const choice& c) {
    if (c.type == choice_type::boolean) return "true or false";
    if (c.type == choice_type::select) return fmt::format("one of {}", fmt::join(c.options, ", "));
    if (c.type == choice_type::text) return c.pattern.empty() ? "" : "what matches " + c.pattern;
    if (c.min && c.max) return fmt::format("from {} to {}", *c.min, *c.max);
    if (c.min) return "at least " + *c.min;
    if (c.max) return "at most " + *c.max;
    return "";
}

result<void> choose(job_fields& fields, const choice& c, const json& value) {
    const field_info* f = find_field(c.field);
    if (!f) return fail(errc::internal, c.field + " is not a field");
    if (c.type == choice_type::boolean) return choose_boolean(fields, c, value);
    job_fields chosen;
    if (auto read = set_field(chosen, c.field, value); !read) {
        const auto allowed = allowed_words(c);
        if (!allowed.empty()) read.error().message += "; allowed is " + allowed;
        return read;
    }
    auto good = countable(c.type)             ? within_bounds(chosen, c, *f)
                : c.type == choice_type::text ? matches(chosen, c, *f)
                                              : one_of(chosen, c, *f);
    if (good) overlay(fields, chosen);
    return good;
}

result<void> check_choice(const choice& c) {
    const field_info* f = find_field(c.field);
    if (!f || !f->users_may_choose())
        return fail(errc::invalid_argument, shown(c.field) + " is not a field that users may choose");
    if (!type_fits(c.type, *f))
        return fail(errc::invalid_argument, c.field + ": the type does not fit this field");
    if (const auto good = check_bounds(c, *f); !good) return good;
    if (const auto good = check_options(c); !good) return good;
    if (!c.pattern.empty()) {
        if (c.type != choice_type::text)
            return fail(errc::invalid_argument, c.field + ": pattern is for text only");
        try {
            std::regex(c.pattern, std::regex::ECMAScript);
        } catch (const std::regex_error& e) {
            return fail(errc::invalid_argument,
                        fmt::format("{}: pattern {}: {}", c.field, shown(c.pattern), e.what()));
        }
    }
    if (!c.initial) return {};
    job_fields scratch;
    auto good = choose(scratch, c, *c.initial);
    if (!good) good.error().message = "default of " + good.error().message;
    return good;
}

} // namespace berth::scheduler
