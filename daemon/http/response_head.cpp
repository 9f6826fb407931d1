// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/response_head.hpp"

#include "daemon/runtime/encoding.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace berth::http {
namespace {

void append_number(std::string& out, std::size_t value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

void append_status(std::string& out, int status, bool http_1_0) {
    if (status == 200) {
        out.append(http_1_0 ? "HTTP/1.0 200 OK\r\n" : "HTTP/1.1 200 OK\r\n");
        return;
    }
    out.append(http_1_0 ? "HTTP/1.0 " : "HTTP/1.1 ");
    append_number(out, static_cast<std::size_t>(status));
    out.append(" ").append(reason_phrase(status)).append("\r\n");
}

bool is_ours(std::string_view name) {
    switch (name.size()) {
    case 4: return iequals(name, "date");
    case 10: return iequals(name, "connection") || iequals(name, "keep-alive");
    case 12: return iequals(name, "x-request-id");
    case 14: return iequals(name, "content-length");
    case 17: return iequals(name, "transfer-encoding");
    default: return false;
    }
}

bool is_safe_value(std::string_view value) {
    return std::ranges::none_of(value, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

// A token (RFC 9110, section 5.6.2).
bool is_safe_name(std::string_view name) {
    return !name.empty() && std::ranges::none_of(name, [](unsigned char c) {
        return c <= 0x20 || c >= 0x7f || std::string_view("\"(),/:;<=>?@[\\]{}").find(static_cast<char>(c)) != std::string_view::npos;
    });
}

} // namespace

std::string_view date_text::at(std::time_t now) {
    if (now == second_) return text_;
    static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm t{};
    ::gmtime_r(&now, &t);
    std::array<char, 64> text;
    // Not strftime: the names must not follow the locale.
    const int n =
        std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT", days[t.tm_wday],
                      t.tm_mday, months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
    text_.assign(text.data(), static_cast<std::size_t>(n));
    second_ = now;
    return text_;
}

bool status_has_body(int status) { return status >= 200 && status != 204 && status != 304; }

bool append_head(std::string& out, const response& r, const head_options& options) {
    append_status(out, r.status, options.http_1_0);
    bool all = true;
    for (const auto& [name, value] : r.headers) {
        if (is_ours(name)) continue;
        if (!is_safe_name(name) || !is_safe_value(value)) {
            all = false;
            continue;
        }
        out.append(name).append(": ").append(value).append("\r\n");
    }
    if (!options.request_id.empty()) out.append("X-Request-ID: ").append(options.request_id).append("\r\n");
    out.append("Date: ").append(options.date).append("\r\n");
    if (options.content_length) {
        out.append("Content-Length: ");
        append_number(out, *options.content_length);
        out.append("\r\n");
    }
    if (options.chunked) out.append("Transfer-Encoding: chunked\r\n");
    if (!options.keep_alive)
        out.append("Connection: close\r\n");
    else if (options.http_1_0)
        out.append("Connection: keep-alive\r\n");
    out.append("\r\n");
    return all;
}

} // namespace berth::http
