// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace berth::pages {

// "Firefox on Linux" from a User-Agent header; "A program" for what is no browser.
std::string browser_name(std::string_view user_agent);

} // namespace berth::pages
