// SPDX-License-Identifier: BSD-3-Clause
// Text encodings of bytes. Decoders answer nothing for malformed input.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace berth {

std::string hex_encode(std::string_view bytes); // lower case
std::optional<std::string> hex_decode(std::string_view text);

std::string base64url_encode(std::string_view bytes); // RFC 4648 section 5, without padding
// Padding accepted; nullopt where another text is what its value is written as.
std::optional<std::string> base64url_decode(std::string_view text);
std::string base64_encode(std::string_view bytes); // RFC 4648 section 4, padded

// RFC 3986: everything but unreserved characters and those in `also_safe` becomes %XX.
// JupyterHub's own names in paths: percent_encode(name, "@~").
std::string percent_encode(std::string_view text, std::string_view also_safe = "");
// Leaves a malformed %-sequence as it stands, as browsers do; `plus_is_space` for form bodies and queries.
std::string percent_decode(std::string_view text, bool plus_is_space = false);

// &, <, >, ", ' become entities: safe in HTML text and in quoted attributes.
std::string html_escape(std::string_view text);

// Every `what` of `text` becomes `by`; what `by` brings is not looked at again. `what` is not empty.
std::string replaced(std::string text, std::string_view what, std::string_view by);

std::string to_lower_ascii(std::string_view text);
std::string_view trim(std::string_view text); // spaces, tabs, CR, LF
bool iequals(std::string_view a, std::string_view b); // ASCII case-insensitive
bool is_valid_utf8(std::string_view text);

} // namespace berth
