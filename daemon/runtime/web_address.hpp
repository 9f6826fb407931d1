// SPDX-License-Identifier: BSD-3-Clause
// What web addresses from the configuration and the API may be.
#pragma once

#include <string>
#include <string_view>

namespace berth {

// "http://127.0.0.1:10101", "https://portal.example.org/x"
bool is_web_address(std::string_view text);
// One of these, or a path on the own host.
bool is_redirect_address(std::string_view text);

// Scheme, host and port: "http://127.0.0.1:10101"; "" of a path.
std::string origin_of(std::string_view address);

} // namespace berth
