// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/toml_section.hpp"

#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/secret_file.hpp"
#include "daemon/runtime/time_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

namespace berth::config {
namespace {

std::string_view type_word(const toml::node& n) {
    switch (n.type()) {
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "a list";
    case toml::node_type::string: return "a text";
    case toml::node_type::integer: return "a whole number";
    case toml::node_type::floating_point: return "a number with a fraction";
    case toml::node_type::boolean: return "true or false";
    default: return "a date or time";
    }
}

// Edit distance, for guessing which key was meant.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j)
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])}));
    }
    return row[b.size()];
}

std::string suggestion(std::string_view key, const std::set<std::string, std::less<>>& known) {
    const auto best = std::ranges::min_element(known, {}, [&](const auto& k) { return distance(key, k); });
    if (best == known.end() || distance(key, *best) > std::max<std::size_t>(1, key.size() / 3)) return "";
    return fmt::format("; did you mean \"{}\"?", *best);
}

} // namespace

std::string problem::to_text() const {
    auto where = line ? fmt::format("{}:{}", file, line) : file;
    return key.empty() ? fmt::format("{}: {}", where, message) : fmt::format("{}: {}: {}", where, key, message);
}

section::section(const toml::table& table, std::string path, report& to) : table_(&table), path_(std::move(path)), to_(&to) {}

std::string section::full(std::string_view key) const { return path_.empty() ? std::string(key) : path_ + "." + std::string(key); }
bool section::has(std::string_view key) const { return table_->contains(key); }
unsigned section::line() const { return table_->source().begin.line; }

const toml::node* section::find(std::string_view key) {
    read_.emplace(key);
    return table_->get(key);
}

void section::wrong(std::string_view key, std::string message) {
    const auto* at = table_->get(key);
    to_->add(at ? at->source().begin.line : line(), full(key), std::move(message));
}

void section::missing(std::string_view key, std::string remedy) { to_->add(line(), full(key), "missing; " + remedy); }

void section::wrong_type(std::string_view key, const toml::node& found, std::string_view wanted) {
    wrong(key, fmt::format("{} is needed here, and this is {}", wanted, type_word(found)));
}

std::string section::text(std::string_view key, std::string otherwise) {
    const auto* n = find(key);
    if (!n) return otherwise;
    if (const auto* v = n->as_string()) {
        if (v->get().find('\0') == std::string::npos) return v->get();
        wrong(key, "a text without NUL characters is needed here");
        return otherwise;
    }
    wrong_type(key, *n, "a text in quotes");
    return otherwise;
}

bool section::flag(std::string_view key, bool otherwise) {
    const auto* n = find(key);
    if (!n) return otherwise;
    if (const auto* v = n->as_boolean()) return v->get();
    wrong_type(key, *n, "true or false (without quotes)");
    return otherwise;
}

std::int64_t section::integer(std::string_view key, std::int64_t otherwise, std::int64_t min, std::int64_t max) {
    const auto* n = find(key);
    if (!n) return otherwise;
    const auto* v = n->as_integer();
    if (!v) {
        wrong_type(key, *n, fmt::format("a whole number from {} to {}", min, max));
        return otherwise;
    }
    if (v->get() >= min && v->get() <= max) return v->get();
    wrong(key, fmt::format("{} is out of range; allowed are {} to {}", v->get(), min, max));
    return otherwise;
}

duration section::span(std::string_view key, duration otherwise, duration min) {
    const auto* n = find(key);
    if (!n) return otherwise;
    const auto* v = n->as_string();
    if (!v) {
        wrong_type(key, *n, "a duration in quotes, such as \"300ms\", \"30s\", \"5m\", \"2h\", \"14d\"");
        return otherwise;
    }
    const auto d = parse_duration(v->get());
    if (!d) {
        wrong(key, d.error().message);
    } else if (*d < min) {
        wrong(key, fmt::format("{} is too short; {} is the least", v->get(), to_text(min)));
    } else {
        return *d;
    }
    return otherwise;
}

std::string section::one_of(std::string_view key, std::string otherwise, const std::vector<std::string>& allowed) {
    auto v = text(key, otherwise);
    if (std::ranges::find(allowed, v) != allowed.end()) return v;
    if (has(key) && table_->get(key)->is_string())
        wrong(key, fmt::format("\"{}\" is not one of the values allowed: \"{}\"", v, fmt::join(allowed, "\", \"")));
    return otherwise;
}

std::optional<std::string> section::scalar(std::string_view key) {
    const auto* n = find(key);
    if (!n) return std::nullopt;
    if (const auto* t = n->as_string()) return t->get();
    if (const auto* i = n->as_integer()) return std::to_string(i->get());
    if (const auto* b = n->as_boolean()) return b->get() ? "true" : "false";
    wrong_type(key, *n, "a text or a whole number");
    return std::nullopt;
}

std::vector<std::string> section::texts(std::string_view key, std::vector<std::string> otherwise) {
    const auto* n = find(key);
    if (!n) return otherwise;
    const auto* list = n->as_array();
    if (!list) {
        wrong_type(key, *n, "a list of texts, such as [\"a\", \"b\"]");
        return otherwise;
    }
    std::vector<std::string> out;
    for (const auto& item : *list) {
        if (const auto* v = item.as_string())
            out.push_back(v->get());
        else
            wrong(key, fmt::format("the list may hold texts only, and one of its items is {}", type_word(item)));
    }
    return out;
}

std::map<std::string, std::string> section::text_map(std::string_view key) {
    std::map<std::string, std::string> out;
    auto sub = table(key);
    if (!sub) return out;
    for (const auto& [k, v] : *sub->table_) out.emplace(k.str(), sub->text(k.str(), ""));
    return out;
}

secret section::hidden(std::string_view key) {
    const auto name = std::string(key);
    const auto direct = text(name, ""), file = text(name + "_file", ""), variable = text(name + "_env", "");
    if (!direct.empty() + !file.empty() + !variable.empty() > 1) {
        wrong(key, fmt::format("give one of {0}, {0}_file and {0}_env, not several", name));
        return {};
    }
    if (!file.empty()) {
        auto value = read_secret_file(file);
        if (value) return std::move(*value);
        wrong(name + "_file", value.error().message);
    }
    if (!variable.empty()) {
        const char* value = std::getenv(variable.c_str());
        if (value && *value) return secret(value);
        wrong(name + "_env", fmt::format("the environment variable {} is not set; set it before berth is started", variable));
    }
    return secret(direct);
}

std::optional<section> section::table(std::string_view key) {
    const auto* n = find(key);
    if (!n) return std::nullopt;
    if (const auto* t = n->as_table()) return section(*t, full(key), *to_);
    wrong_type(key, *n, "a table, [" + full(key) + "],");
    return std::nullopt;
}

std::vector<section> section::tables(std::string_view key) {
    std::vector<section> out;
    const auto* n = find(key);
    if (!n) return out;
    const auto* list = n->as_array();
    if (!list || !list->is_array_of_tables()) {
        wrong_type(key, *n, "a list of tables, [[" + full(key) + "]],");
        return out;
    }
    for (const auto& item : *list) out.emplace_back(*item.as_table(), full(key), *to_);
    return out;
}

std::vector<std::pair<std::string, section>> section::named_tables(std::string_view key) {
    std::vector<std::pair<std::string, section>> out;
    auto all = table(key);
    if (!all) return out;
    for (const auto& [name, node] : *all->table_) {
        if (auto t = all->table(name.str())) out.emplace_back(name.str(), std::move(*t));
    }
    // As they stand in the file: the first one is the default where none is named.
    std::ranges::sort(out, {}, [](const auto& entry) { return entry.second.line(); });
    return out;
}

void section::each(const std::function<void(std::string_view, const toml::node&)>& use) {
    for (const auto& [key, node] : *table_) {
        read_.emplace(key.str());
        use(key.str(), node);
    }
}

void section::finish() {
    for (const auto& [key, node] : *table_)
        if (!read_.contains(key.str()))
            to_->add(key.source().begin.line, full(key.str()), "unknown key" + suggestion(key.str(), read_) +
                         (read_.empty() ? "" : fmt::format(" (known here: {})", fmt::join(read_, ", "))));
}

} // namespace berth::config
