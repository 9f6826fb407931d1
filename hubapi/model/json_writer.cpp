// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/json_writer.hpp"

#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/time_text.hpp"

#include <fmt/format.h>

namespace berth::hub {
namespace {

void append_escaped(std::string& out, std::string_view value) {
    for (unsigned char c : value) {
        switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            if (c < 0x20 || c == 0x7f)
                fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
            else
                out += static_cast<char>(c);
        }
    }
}

// Bytes that are no UTF-8 become the replacement character, so that what leaves is always JSON.
std::string repaired(std::string_view value) {
    std::string out;
    for (std::size_t i = 0; i < value.size();) {
        std::size_t n = 1;
        while (n < 4 && i + n <= value.size() && !is_valid_utf8(value.substr(i, n))) ++n;
        if (i + n <= value.size() && is_valid_utf8(value.substr(i, n))) {
            out += value.substr(i, n);
            i += n;
        } else {
            out += "\xEF\xBF\xBD";
            ++i;
        }
    }
    return out;
}

} // namespace

void json_writer::separate() {
    if (!first_ && !after_key_) out_ += ',';
    first_ = after_key_ = false;
}

json_writer& json_writer::open(char bracket) {
    separate();
    out_ += bracket;
    first_ = true;
    return *this;
}

json_writer& json_writer::close(char bracket) {
    out_ += bracket;
    first_ = false;
    return *this;
}

json_writer& json_writer::key(std::string_view name) {
    text(name);
    out_ += ':';
    after_key_ = true;
    return *this;
}

json_writer& json_writer::text(std::string_view value) {
    separate();
    out_ += '"';
    if (is_valid_utf8(value))
        append_escaped(out_, value);
    else
        append_escaped(out_, repaired(value));
    out_ += '"';
    return *this;
}

json_writer& json_writer::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

json_writer& json_writer::boolean(bool value) { return raw(value ? "true" : "false"); }
json_writer& json_writer::null() { return raw("null"); }
json_writer& json_writer::number(std::int64_t value) { return raw(std::to_string(value)); }
json_writer& json_writer::real(double value) { return raw(fmt::format("{}", value)); }
json_writer& json_writer::time(time_point t) { return text(iso8601(t)); }
json_writer& json_writer::time(const std::optional<time_point>& t) { return t ? time(*t) : null(); }
json_writer& json_writer::text_or_null(std::string_view value) { return value.empty() ? null() : text(value); }

} // namespace berth::hub
