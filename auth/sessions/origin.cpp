// SPDX-License-Identifier: BSD-3-Clause
#include "auth/sessions/origin.hpp"

#include "daemon/runtime/encoding.hpp"

namespace berth::auth {
namespace {

// "https://hub.example:443/x" -> "hub.example". The scheme is left out of the comparison: behind a proxy that
// ends TLS it is not always known here.
std::string_view host_of(std::string_view url) {
    if (const auto scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
    url = url.substr(0, url.find('/'));
    for (const std::string_view port : {":80", ":443"})
        if (url.ends_with(port)) url.remove_suffix(port.size());
    return url;
}

} // namespace

bool is_cross_origin(const http::request& r, std::string_view public_url) {
    const auto site = r.header("Sec-Fetch-Site");
    // "none": typed or from a bookmark. What a browser says here no page can change.
    if (!site.empty()) return site != "same-origin" && site != "none";
    const auto origin = r.header("Origin");
    if (origin.empty() || origin == "null") return false;
    if (iequals(host_of(origin), host_of(r.host))) return false;
    return public_url.empty() || !iequals(host_of(origin), host_of(public_url));
}

} // namespace berth::auth
