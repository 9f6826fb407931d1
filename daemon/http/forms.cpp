// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/forms.hpp"

#include "daemon/http/multipart.hpp"
#include "daemon/runtime/encoding.hpp"

namespace berth::http {
namespace {

constexpr std::size_t most_pairs = 1000;

std::string form_encode(std::string_view text) {
    std::string out = percent_encode(text);
    std::string::size_type at = 0;
    while ((at = out.find("%20", at)) != std::string::npos) out.replace(at++, 3, "+");
    return out;
}

} // namespace

name_values parse_urlencoded(std::string_view text) {
    name_values list;
    while (!text.empty() && list.size() < most_pairs) {
        const auto end = text.find('&');
        const auto pair = text.substr(0, end);
        if (!pair.empty()) {
            const auto equals = pair.find('=');
            const auto value =
                equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
            list.emplace_back(percent_decode(pair.substr(0, equals), true), percent_decode(value, true));
        }
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return list;
}

std::string to_urlencoded(const name_values& list) {
    std::string out;
    for (const auto& [name, value] : list) {
        if (!out.empty()) out += '&';
        out += form_encode(name) + '=' + form_encode(value);
    }
    return out;
}

result<name_values> read_form(const request& r) {
    const auto type = r.content_type();
    if (type == "application/x-www-form-urlencoded") return parse_urlencoded(r.body);
    if (type == "multipart/form-data") return parse_multipart(r.header("content-type"), r.body);
    return fail(errc::invalid_argument,
                "this form must be sent as application/x-www-form-urlencoded or multipart/form-data");
}

} // namespace berth::http
