// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/request.hpp"

#include "daemon/runtime/encoding.hpp"

#include <algorithm>
#include <charconv>

namespace berth::http {
namespace {

// Calls `take` with each trimmed piece between separators.
template<class Take>
void split(std::string_view text, char separator, Take take) {
    while (true) {
        auto end = text.find(separator);
        take(trim(text.substr(0, end)));
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

std::string_view unquoted(std::string_view value) {
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        return value.substr(1, value.size() - 2);
    return value;
}

// The q of a media range's parameters in thousandths: "; q=0.5" is 500 (RFC 9110, section 12.4.2).
int quality(std::string_view range) {
    int q = 1000;
    split(range, ';', [&](std::string_view part) {
        if (part.size() < 3 || (part[0] != 'q' && part[0] != 'Q') || part[1] != '=') return;
        auto text = part.substr(2);
        double value = 0;
        if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc() && value >= 0 &&
            value <= 1)
            q = static_cast<int>(value * 1000);
    });
    return q;
}

// How much the Accept header wants `type`; `named` tells whether by its own name. 0 when not at all.
int wanted(std::string_view accept, std::string_view type, bool& named) {
    const auto group = type.substr(0, type.find('/') + 1);
    int best_rank = -1, q = 0;
    named = false;
    split(accept, ',', [&](std::string_view range) {
        const auto media = trim(range.substr(0, range.find(';')));
        int rank = -1;
        if (iequals(media, type))
            rank = 2;
        else if (media.ends_with("/*") && iequals(media.substr(0, media.size() - 1), group))
            rank = 1;
        else if (media == "*/*")
            rank = 0;
        if (rank <= best_rank) return;
        best_rank = rank;
        q = quality(range);
        named = rank == 2;
    });
    return q;
}

} // namespace

std::optional<std::string> find_value(const name_values& list, std::string_view name) {
    const auto at = std::find_if(list.rbegin(), list.rend(), [&](const auto& pair) { return pair.first == name; });
    return at == list.rend() ? std::nullopt : std::optional(at->second);
}

std::vector<std::string> request::cookies(std::string_view name) const {
    std::vector<std::string> found;
    for (const auto& [key, line] : headers) {
        if (!iequals(key, "cookie")) continue;
        split(line, ';', [&](std::string_view pair) {
            auto equals = pair.find('=');
            if (equals == std::string_view::npos || trim(pair.substr(0, equals)) != name) return;
            found.emplace_back(unquoted(trim(pair.substr(equals + 1))));
        });
    }
    return found;
}

std::string request::param(std::string_view name) const {
    auto at = params.find(name);
    return at == params.end() ? std::string() : at->second;
}

std::string request::content_type() const {
    auto value = header("content-type");
    return to_lower_ascii(trim(value.substr(0, value.find(';'))));
}

bool request::prefers(std::string_view type) const {
    const auto accept = header("accept");
    if (accept.empty()) return false;
    bool type_named = false, html_named = false;
    const int type_q = wanted(accept, type, type_named);
    const int html_q = wanted(accept, "text/html", html_named);
    if (type_q == 0) return false;
    return type_q > html_q || (type_named && !html_named);
}

} // namespace berth::http
