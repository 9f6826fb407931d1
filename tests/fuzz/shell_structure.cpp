// SPDX-License-Identifier: BSD-3-Clause
#include "tests/fuzz/shell_structure.hpp"

#include <algorithm>

namespace berth::fuzz {
namespace {

constexpr std::string_view special = " \t\n;&|()<>$`\"'\\#*?[]{}~!^";

class reader {
  public:
    explicit reader(std::string_view script) : left_(script) {}

    std::string structure() {
        while (!left_.empty()) step();
        return std::move(out_);
    }

  private:
    void add(char c) {
        if (c != 'w' || !out_.ends_with('w')) out_ += c;
    }
    void drop(std::size_t n) { left_.remove_prefix(std::min(n, left_.size())); }

    // Up to a closing quote, which may be missing.
    void quoted(std::size_t opening, bool escapes) {
        drop(opening);
        while (!left_.empty() && left_.front() != '\'') drop(escapes && left_.front() == '\\' ? 2 : 1);
        if (left_.empty()) out_ += "open";
        drop(1);
    }

    void in_double_quotes() {
        const char c = left_.front();
        if (c == '"') in_double_ = false;
        if (c == '"' || c == '`' || (c == '$' && !left_.starts_with("$'")))
            add(c);
        else
            add('w');
        drop(c == '\\' ? 2 : 1);
    }

    void step() {
        if (in_double_) return in_double_quotes();
        const char c = left_.front();
        const bool word_begins =
            out_.empty() || std::string_view(" \t\n;&|()").find(out_.back()) != std::string_view::npos;
        if (c == '#' && word_begins) return drop(std::min(left_.find('\n'), left_.size()));
        if (left_.starts_with("$'")) return add('w'), quoted(2, true);
        if (c == '\'') return add('w'), quoted(1, false);
        if (c == '\\') return add('w'), drop(2);
        in_double_ = c == '"';
        add(special.find(c) == std::string_view::npos ? 'w' : c);
        drop(1);
    }

    std::string_view left_;
    std::string out_;
    bool in_double_ = false;
};

} // namespace

std::optional<std::string> shell_value(std::string_view word) {
    if (word == "''") return "";
    std::string out;
    while (!word.empty()) {
        if (word.starts_with("$'\\")) {
            if (word.size() < 7 || word[6] != '\'') return std::nullopt;
            int c = 0;
            for (char digit : word.substr(3, 3)) {
                if (digit < '0' || digit > '7') return std::nullopt;
                c = c * 8 + (digit - '0');
            }
            out += static_cast<char>(c);
            word.remove_prefix(7);
            continue;
        }
        const bool escaped = word.front() == '\\';
        if (escaped) word.remove_prefix(1);
        if (word.empty() || word.front() == '\n' ||
            (!escaped && special.find(word.front()) != std::string_view::npos))
            return std::nullopt;
        out += word.front();
        word.remove_prefix(1);
    }
    return out.empty() ? std::nullopt : std::optional(out);
}

std::string shell_structure(std::string_view script) { return reader(script).structure(); }

} // namespace berth::fuzz
