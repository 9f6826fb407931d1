// SPDX-License-Identifier: BSD-3-Clause
// Reads a template's tags before Mustache does, which neither knows lines nor minds unknown names.
#include "daemon/runtime/encoding.hpp"
#include "scheduler/script/template.hpp"
#include "scheduler/script/template_names.hpp"
#include "scheduler/script/units.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace berth::scheduler {
namespace {

struct section {
    std::string name;
    long line;
};

// Whether the end of `line` lies between single quotes. Comments do not count.
bool in_single_quotes(std::string_view line) {
    if (trim(line).starts_with('#')) return false;
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\\' && quote != '\'')
            ++i;
        else if (quote == line[i])
            quote = 0;
        else if (!quote && (line[i] == '\'' || line[i] == '"'))
            quote = line[i];
    }
    return quote == '\'';
}

// Whether the character after `text` is escaped. A value's own quoting would turn into its opposite there.
bool ends_in_an_escape(std::string_view text) {
    const auto last = text.find_last_not_of('\\');
    return (text.size() - (last == text.npos ? 0 : last + 1)) % 2 == 1;
}

class checker {
  public:
    explicit checker(const job_template& t) : template_(t) {}

    result<void> run() {
        for (std::size_t at = 0; (at = template_.text.find("{{", at)) != std::string::npos;) {
            const auto end = template_.text.find("}}", at + 2);
            if (end == std::string::npos) return refuse(at, "a tag is not closed with }}");
            if (auto good = tag(at, template_.text.substr(at + 2, end - at - 2)); !good) return good;
            at = end + 2;
        }
        if (open_.empty()) return {};
        return fail(errc::invalid_argument,
                    fmt::format("{}, line {}: the section {} is not closed", template_.name,
                                open_.back().line, shown(open_.back().name)));
    }

  private:
    long line_of(std::size_t at) const {
        return 1 + std::count(template_.text.begin(), template_.text.begin() + static_cast<long>(at), '\n');
    }

    std::unexpected<failure> refuse(std::size_t at, std::string_view what) const {
        return fail(errc::invalid_argument,
                    fmt::format("{}, line {}: {}", template_.name, line_of(at), what));
    }

    result<void> tag(std::size_t at, std::string_view content) {
        const char sigil = content.empty() ? '\0' : content.front();
        if (ends_in_an_escape(std::string_view(template_.text).substr(0, at)))
            return refuse(
                at, fmt::format(
                        "a backslash stands before {{{{{}}}}}, whose value is quoted already; take it away",
                        content));
        if (sigil == '!') return {};
        if (sigil == '{' || sigil == '&')
            return refuse(at, "there is no raw form; write {{name}}: it is quoted for the shell");
        if (sigil == '>' || sigil == '=')
            return refuse(at, "partials and other delimiters are not available");
        const bool sectional = sigil == '#' || sigil == '^' || sigil == '/';
        const std::string name(trim(sectional ? content.substr(1) : content));
        if (sigil == '/') {
            if (open_.empty() || open_.back().name != name)
                return refuse(at, shown(name) + " closes no open section");
            open_.pop_back();
            return {};
        }
        if (name != "." && std::ranges::find(template_names, name) == template_names.end())
            return refuse(at, fmt::format("there is no {}; names are {}", shown(name),
                                          fmt::join(template_names, ", ")));
        if (sectional)
            open_.push_back({name, line_of(at)});
        else if (in_single_quotes(line_before(at)))
            return refuse(
                at, fmt::format("{{{{{}}}}} is quoted already; take away the single quotes around it", name));
        return {};
    }

    std::string_view line_before(std::size_t at) const {
        const auto begin = template_.text.rfind('\n', at);
        const auto from = begin == std::string::npos ? 0 : begin + 1;
        return std::string_view(template_.text).substr(from, at - from);
    }

    const job_template& template_;
    std::vector<section> open_;
};

} // namespace

result<void> check_template(const job_template& t) {
    if (t.text.find('\0') != std::string::npos || t.text.find('\r') != std::string::npos)
        return fail(errc::invalid_argument,
                    t.name + " holds NUL or carriage returns; save it with Unix line ends");
    if (!t.text.starts_with("#!"))
        return fail(errc::invalid_argument,
                    t.name + ", line 1: a job script begins with #!, e.g. #!/bin/bash -l");
    return checker(t).run();
}

} // namespace berth::scheduler
