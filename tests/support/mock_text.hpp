// SPDX-License-Identifier: BSD-3-Clause
// What the mock notebook server reads and writes: environment, addresses, header lines, JSON strings.
#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <netinet/in.h>
#include <string>
#include <string_view>

namespace berth::mock {

inline std::string environment(const char* name, const char* otherwise = "") {
    const char* found = std::getenv(name);
    return found ? found : otherwise;
}

inline std::string now_text(std::time_t at) {
    char text[40];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000000Z", std::gmtime(&at))};
}

// http://HOST[:PORT]/PATH
struct address {
    std::string host = "127.0.0.1", path = "/";
    int port = 0;
};
inline address parse(std::string_view url) {
    address out;
    if (const auto scheme = url.find("://"); scheme != url.npos) url.remove_prefix(scheme + 3);
    const auto slash = std::min(url.find('/'), url.size());
    if (slash < url.size()) out.path = url.substr(slash);
    const auto authority = url.substr(0, slash);
    const auto colon = authority.rfind(':');
    out.host = authority.substr(0, colon);
    out.port = colon == authority.npos ? 80 : std::atoi(std::string(authority.substr(colon + 1)).c_str());
    if (out.host.empty() || out.host == "localhost") out.host = "127.0.0.1";
    return out;
}

inline sockaddr_in socket_address(const address& a) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(static_cast<std::uint16_t>(a.port));
    if (inet_pton(AF_INET, a.host.c_str(), &out.sin_addr) != 1) out.sin_addr.s_addr = htonl(INADDR_ANY);
    return out;
}

inline bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

// A header's value in a head that begins with the request line; "" when it is not there.
inline std::string_view header(std::string_view head, std::string_view name) {
    for (auto at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at + 2)) {
        const auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
        if (line.size() <= name.size() || line[name.size()] != ':' ||
            !same_word(line.substr(0, name.size()), name))
            continue;
        const auto value = line.find_first_not_of(" \t", name.size() + 1);
        return value == line.npos ? "" : line.substr(value);
    }
    return "";
}

inline std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text)
        if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') out += c;
    return out + '"';
}

} // namespace berth::mock
