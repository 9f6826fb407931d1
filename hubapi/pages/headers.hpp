// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/response.hpp"

#include <string>
#include <string_view>

namespace berth::pages {

// The Content-Security-Policy of every page: nothing from elsewhere, nothing inline, in nobody's frame.
// `report_path`: where browsers report what they refused.
std::string content_security_policy(std::string_view report_path);

// Security headers of a page. `signed_in`: no-store, so that the back button shows nothing after signing out.
void protect(http::response& r, std::string_view report_path, bool signed_in);

} // namespace berth::pages
