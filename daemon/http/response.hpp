// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/fields.hpp"
#include "daemon/runtime/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace berth::http {

// Where a streamed body goes. Writes are chunked (or raw for HTTP/1.0) and wait for the client to take them.
class body_writer {
  public:
    virtual ~body_writer() = default;
    // cancelled or io_error when the client has gone: the producer returns then.
    virtual boost::asio::awaitable<result<void>> write(std::string_view data) = 0;
};

// Produces a body while the connection lives. Cancelled when the client goes away or the server stops.
using body_producer = std::function<boost::asio::awaitable<void>(body_writer&)>;

struct response {
    int status = 200;
    fields headers;
    std::string body;
    body_producer stream; // when set, `body` is not used
    std::string route;    // the pattern that answered, for metrics and logs; not sent
};

struct cookie {
    std::string name = {};
    std::string value = {};
    std::string path = "/";
    bool http_only = true;
    bool secure = false;
    std::string same_site = "Lax"; // "" leaves it out
    long max_age = -1;             // seconds; -1: a session cookie; 0: delete now (value is then empty)
};
void set_cookie(response& r, const cookie& c);

// Named answers. Bodies are UTF-8.
response make_text(int status, std::string body);
response make_html(int status, std::string body);
response make_json(int status, std::string body); // `body` is serialised JSON
response make_empty(int status);                  // no Content-Type
response make_redirect(std::string location, int status = 302);
// A text/event-stream with Cache-Control: no-cache, X-Accel-Buffering: no.
response make_event_stream(body_producer producer);

// The reason phrase of RFC 9110: "Not Found".
std::string_view reason_phrase(int status);

} // namespace berth::http
