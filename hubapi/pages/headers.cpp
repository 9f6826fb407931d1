// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/pages/headers.hpp"

namespace berth::pages {

std::string content_security_policy(std::string_view report_path) {
    return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
           "'self'; "
           "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; report-uri " +
           std::string(report_path);
}

void protect(http::response& r, std::string_view report_path, bool signed_in) {
    r.headers.set("Content-Security-Policy", content_security_policy(report_path));
    r.headers.set("X-Content-Type-Options", "nosniff");
    r.headers.set("Referrer-Policy", "same-origin");
    r.headers.set("Cache-Control", signed_in ? "no-store" : "no-cache");
}

} // namespace berth::pages
