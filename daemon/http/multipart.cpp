// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/multipart.hpp"

#include "daemon/runtime/encoding.hpp"

namespace berth::http {
namespace {

constexpr std::size_t most_parts = 1000;

auto malformed(std::string_view what) {
    return fail(errc::invalid_argument, "malformed multipart/form-data body: " + std::string(what));
}

// Reads one parameter value from the front of `text`, up to the next ";" outside of quotes.
std::string take_value(std::string_view& text) {
    std::string value;
    if (!text.starts_with('"')) {
        const auto end = text.find(';');
        value = trim(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view() : text.substr(end);
        return value;
    }
    std::size_t i = 1;
    for (; i < text.size() && text[i] != '"'; ++i) {
        // Browsers send %22 for a quote; others escape it. A backslash before anything else is a Windows
        // path.
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
        value += text[i];
    }
    const auto rest = text.find(';', std::min(i, text.size()));
    text = rest == std::string_view::npos ? std::string_view() : text.substr(rest);
    return value;
}

// The form field's name from a part's header block, or nothing.
std::optional<std::string> part_name(std::string_view head) {
    while (!head.empty()) {
        const auto end = head.find("\r\n");
        const auto line = head.substr(0, end);
        const auto colon = line.find(':');
        if (colon != std::string_view::npos && iequals(trim(line.substr(0, colon)), "content-disposition"))
            return header_parameter(line.substr(colon + 1), "name");
        if (end == std::string_view::npos) break;
        head.remove_prefix(end + 2);
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> header_parameter(std::string_view header, std::string_view name) {
    auto text = header.substr(std::min(header.find(';'), header.size()));
    while (!text.empty()) {
        text = trim(text.substr(1));
        const auto equals = text.find_first_of("=;");
        if (equals == std::string_view::npos) break;
        const auto key = trim(text.substr(0, equals));
        text.remove_prefix(equals);
        if (text.front() == ';') continue;
        text = trim(text.substr(1));
        auto value = take_value(text);
        if (iequals(key, name)) return value;
    }
    return std::nullopt;
}

result<name_values> parse_multipart(std::string_view content_type, std::string_view body) {
    const auto boundary = header_parameter(content_type, "boundary");
    if (!boundary || boundary->empty() || boundary->size() > 200) return malformed("the boundary is missing");
    const std::string opening = "--" + *boundary;
    const std::string delimiter = "\r\n" + opening;

    auto at = body.starts_with(opening) ? 0 : body.find(delimiter);
    if (at == std::string_view::npos) return malformed("the first boundary is missing");
    body.remove_prefix(at + (at == 0 && body.starts_with(opening) ? opening.size() : delimiter.size()));

    name_values list;
    while (!body.starts_with("--")) {
        const auto line_end = body.find("\r\n");
        if (line_end == std::string_view::npos || !trim(body.substr(0, line_end)).empty())
            return malformed("a boundary is followed by other text");
        body.remove_prefix(line_end); // keeps the CRLF: an empty head then is found by the same search
        const auto head_end = body.find("\r\n\r\n");
        if (head_end == std::string_view::npos) return malformed("a part has no end of its headers");
        const auto content_end = body.find(delimiter, head_end + 2);
        if (content_end == std::string_view::npos) return malformed("the last boundary is missing");
        auto name = part_name(body.substr(2, head_end < 2 ? 0 : head_end - 2));
        if (!name) return malformed("a part has no name");
        if (list.size() == most_parts) return malformed("more than 1,000 parts");
        const auto begin = std::min(head_end + 4, content_end);
        list.emplace_back(std::move(*name), std::string(body.substr(begin, content_end - begin)));
        body.remove_prefix(content_end + delimiter.size());
    }
    return list;
}

} // namespace berth::http
