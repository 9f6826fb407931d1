// SPDX-License-Identifier: BSD-3-Clause
// Frames of a text/event-stream (WHATWG HTML, section 9.2).
#pragma once

#include <string>
#include <string_view>

namespace berth::http {

// "data: {...}\n\n"; text of several lines becomes several data lines, which the client joins again.
std::string sse_data(std::string_view json);

// ":\n\n": a comment that clients skip; keeps proxies from closing a quiet stream.
std::string_view sse_keep_alive();

} // namespace berth::http
