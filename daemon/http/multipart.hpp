// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/request.hpp"
#include "daemon/runtime/result.hpp"

namespace berth::http {

// A multipart/form-data body (RFC 7578, RFC 2046 section 5.1):
//   body = [preamble CRLF] *( "--" boundary CRLF *(header CRLF) CRLF content CRLF ) "--" boundary "--" [CRLF
//   epilogue]
// `content_type` is the header's whole value, which names the boundary. At most 1,000 parts; more is a
// failure.
result<name_values> parse_multipart(std::string_view content_type, std::string_view body);

// The value of `;name=value` or `;name="va\"lue"` in a header, or nothing. Names are case-insensitive.
std::optional<std::string> header_parameter(std::string_view header, std::string_view name);

} // namespace berth::http
