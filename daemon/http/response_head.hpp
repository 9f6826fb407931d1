// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/response.hpp"

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace berth::http {

// "Sun, 06 Nov 1994 08:49:37 GMT", formatted once a second.
class date_text {
  public:
    std::string_view at(std::time_t now);

  private:
    std::time_t second_ = -1;
    std::string text_;
};

struct head_options {
    std::string_view date = {};
    std::string_view request_id = {};               // empty: no X-Request-ID
    std::optional<std::size_t> content_length = {}; // nothing: not sent
    bool chunked = false;
    bool keep_alive = true;
    bool http_1_0 = false;
};

// Appends the status line and headers. Content-Length, Transfer-Encoding, Connection, Date and X-Request-ID
// are ours, whatever the handler set. Returns false when a header was left out because its name or value
// could forge others (control characters).
bool append_head(std::string& out, const response& r, const head_options& options);

// 1xx, 204 and 304 have no body and no Content-Length (RFC 9110, section 8.6).
bool status_has_body(int status);

} // namespace berth::http
