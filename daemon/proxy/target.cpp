// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/target.hpp"

#include "daemon/runtime/encoding.hpp"

#include <charconv>
#include <fmt/core.h>

namespace berth::proxy {
namespace {

std::unexpected<failure> refuse(std::string_view url) {
    return fail(errc::invalid_argument,
                fmt::format("\"{}\" is not a target: http://host:port or http+unix:/path", url));
}

result<target> unix_target(std::string_view url, std::string_view rest) {
    target out;
    out.url = url;
    if (rest.starts_with("//")) rest = rest.substr(2);
    auto path = percent_decode(rest);
    // "http+unix://%2Frun%2Fhub.sock/": the URL's own path, always "/", is no part of the socket's name.
    if (!rest.starts_with('/') && rest.ends_with('/')) path.pop_back();
    auto a = unix_address(path);
    if (!a || !path.starts_with('/')) return refuse(url);
    out.address = *a;
    out.authority = "localhost";
    return out;
}

} // namespace

result<target> parse_target(std::string_view url) {
    for (std::string_view scheme : {"http+unix:", "unix+http:"})
        if (url.starts_with(scheme)) return unix_target(url, url.substr(scheme.size()));
    if (!url.starts_with("http://")) return refuse(url);
    target out;
    out.url = url;
    auto authority = url.substr(7);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    if (authority.empty() || authority.find('@') != authority.npos) return refuse(url);
    out.authority = authority;
    const auto bracket = authority.rfind(']');
    const auto colon = authority.rfind(':');
    auto host = authority;
    if (colon != authority.npos && (bracket == authority.npos || colon > bracket)) {
        host = authority.substr(0, colon);
        const auto port = authority.substr(colon + 1);
        auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), out.port);
        if (ec != std::errc() || end != port.data() + port.size() || !out.port) return refuse(url);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty()) return refuse(url);
    for (unsigned char c : host)
        if (c <= ' ' || c == 0x7f || c == '[' || c == ']' || c == '%') return refuse(url);
    out.host = host;
    if (auto a = ip_address(host, out.port)) out.address = *a;
    return out;
}

} // namespace berth::proxy
