// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/web_address.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace berth {
namespace {

// "host", "host:80", "[::1]:80"
bool is_host_and_port(std::string_view text) {
    const auto bracket = text.rfind(']');
    const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (text.empty() || colon == 0) return false;
    if (colon == std::string_view::npos) return true;
    const auto digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return ec == std::errc{} && end == digits.data() + digits.size() && port > 0;
}

} // namespace

bool is_web_address(std::string_view text) {
    const auto rest = text.starts_with("https://") ? text.substr(8) : text.starts_with("http://") ? text.substr(7) : "";
    return is_host_and_port(rest.substr(0, rest.find_first_of("/?"))) &&
           std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 127 && c != '#'; });
}

bool is_redirect_address(std::string_view text) {
    const bool path = text.starts_with('/') && !text.starts_with("//") &&
                      std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c != 127 && c != '\\'; });
    return path || is_web_address(text);
}

std::string origin_of(std::string_view address) {
    const auto host = address.find("://");
    return host == std::string_view::npos ? "" : std::string(address.substr(0, address.find_first_of("/?", host + 3)));
}

} // namespace berth
