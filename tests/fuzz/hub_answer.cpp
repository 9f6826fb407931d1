// SPDX-License-Identifier: BSD-3-Clause
// Whatever a handler puts into an answer, the front door reads the headers that were meant and no others: a
// cookie's value, a header's name and value (each a line, %XX decoded), then a message of an event stream.
#include "daemon/http/response_head.hpp"
#include "daemon/http/sse.hpp"
#include "daemon/proxy/http_head.hpp"
#include "daemon/runtime/encoding.hpp"
#include "tests/fuzz/support.hpp"

#include <algorithm>
#include <memory>

namespace {

using namespace berth;
using fuzz::check;

// The one message of a stream that holds one message, as a browser joins it.
void check_event(std::string_view message) {
    const auto frame = http::sse_data(message);
    check(frame.ends_with("\n\n") && frame.find('\r') == std::string::npos,
          "an event ends with an empty line");
    fuzz::lines in(std::string_view(frame).substr(0, frame.size() - 2));
    std::string seen;
    do {
        const auto line = in.next();
        check(line.starts_with("data: "), "every line of an event is data");
        seen.append(line.substr(6)).append("\n");
    } while (!in.empty());
    seen.pop_back();
    std::string meant;
    for (std::size_t i = 0; i < message.size(); ++i)
        if (message[i] != '\r')
            meant += message[i];
        else if (i + 1 == message.size() || message[i + 1] != '\n')
            meant += '\n';
    check(seen == meant, "an event says what was meant");
}

} // namespace

void fuzz(std::string_view bytes) {
    fuzz::lines in(bytes);
    http::response r;
    r.status = 200;
    const auto cookie = in.decoded(), name = in.decoded(), value = in.decoded();
    http::set_cookie(r, {.name = "a", .value = cookie});
    r.headers.add(name, value);
    r.headers.add("Location", "/hub/login?next=" + percent_encode(value));
    std::string head;
    const bool all = http::append_head(
        head, r, {.date = "Sun, 06 Nov 1994 08:49:37 GMT", .request_id = "x", .content_length = 3});
    auto h = std::make_unique<proxy::response_head>();
    check(proxy::parse_response(head, *h) == proxy::parse_result::ok, "the door reads what the hub writes");
    check(h->status == 200 && h->has_length && h->length == 3 && !h->has_encoding && h->keep_alive(),
          "framing is the hub's own");
    check(h->count <= 6, "no header is made of another's value");
    check(!all ||
              std::ranges::count_if(h->headers(), [](const auto& f) { return f.name == "Set-Cookie"; }) >= 1,
          "the cookie is there");
    check_event(in.rest());
}
