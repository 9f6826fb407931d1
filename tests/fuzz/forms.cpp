// SPDX-License-Identifier: BSD-3-Clause
// Forms, queries and header parameters: a content type in the first line, then the body.
#include "daemon/http/forms.hpp"
#include "daemon/http/multipart.hpp"
#include "daemon/runtime/encoding.hpp"
#include "tests/fuzz/support.hpp"

#include <algorithm>
#include <string>

namespace {

using namespace berth;
using fuzz::check;
using http::name_values;

// As RFC 7578 has it, with the quoting that parse_multipart reads.
std::string to_multipart(const name_values& list) {
    std::string out;
    for (const auto& [name, value] : list) {
        out += "--berth-boundary\r\nContent-Disposition: form-data; name=\"";
        for (char c : name) (c == '"' || c == '\\') ? out.append({'\\', c}) : out.append(1, c);
        out += "\"\r\n\r\n" + value + "\r\n";
    }
    return out + "--berth-boundary--\r\n";
}

bool fits_multipart(const name_values& list) {
    return std::ranges::all_of(list, [](const auto& pair) {
        return fuzz::is_one_line(pair.first) && pair.second.find("--berth-boundary") == std::string::npos;
    });
}

} // namespace

void fuzz(std::string_view bytes) {
    fuzz::lines in(bytes);
    http::request r;
    r.headers.add("Content-Type", std::string(in.next()));
    r.body = in.rest();
    (void)http::read_form(r);
    (void)http::header_parameter(r.header("content-type"), "boundary");
    (void)http::parse_multipart("multipart/form-data; boundary=X", r.body);
    const auto list = http::parse_urlencoded(r.body);
    check(list.size() <= 1000, "pairs are bounded");
    const bool any_nameless =
        std::ranges::any_of(list, [](const auto& p) { return p.first.empty() && p.second.empty(); });
    check(any_nameless || http::parse_urlencoded(http::to_urlencoded(list)) == list,
          "a form that is written is read as the same again");
    if (!fits_multipart(list)) return;
    const auto again =
        http::parse_multipart("multipart/form-data; boundary=\"berth-boundary\"", to_multipart(list));
    check(again && *again == list, "the same form in parts is the same form");
}
