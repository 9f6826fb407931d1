// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/request.hpp"
#include "daemon/runtime/result.hpp"

#include <string_view>

namespace berth::http {

// "a=1&b=%20x+y": application/x-www-form-urlencoded, also a query. Never fails; at most 1,000 pairs are
// taken.
name_values parse_urlencoded(std::string_view text);
std::string to_urlencoded(const name_values& list);

// The request's form: urlencoded or multipart/form-data (RFC 7578; a file part gives its content under its
// name). invalid_argument for any other content type or a malformed body.
result<name_values> read_form(const request& r);

} // namespace berth::http
