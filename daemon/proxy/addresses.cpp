// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/addresses.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <optional>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace berth::proxy {
namespace {

using ip_bytes = std::array<std::uint8_t, 16>;

std::optional<ip_bytes> mapped(const socket_address& a) {
    ip_bytes out{};
    if (a.family() == AF_INET6) {
        std::memcpy(out.data(), &reinterpret_cast<const sockaddr_in6&>(a.bytes).sin6_addr, 16);
    } else if (a.family() == AF_INET) {
        out[10] = out[11] = 0xff;
        std::memcpy(out.data() + 12, &reinterpret_cast<const sockaddr_in&>(a.bytes).sin_addr, 4);
    } else {
        return std::nullopt;
    }
    return out;
}

constexpr int mapped_bits = 96; // of ::ffff:0:0/96

bool is_mapped(const ip_bytes& a) {
    return std::count(a.begin(), a.begin() + 10, 0) == 10 && a[10] == 0xff && a[11] == 0xff;
}

bool is_mapped_v4(const in6_addr& a) { return IN6_IS_ADDR_V4MAPPED(&a); }

std::optional<int> number(std::string_view text, int max) {
    int n = -1;
    auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec != std::errc() || end != text.data() + text.size() || n < 0 || n > max) return std::nullopt;
    return n;
}

std::string why(int error) {
    switch (error) {
    case EADDRINUSE: return "it is in use: another process listens there; stop it or choose another address";
    case EACCES:
        return "no permission: ports below 1024 need CAP_NET_BIND_SERVICE, sockets a folder that may be "
               "written to";
    case EADDRNOTAVAIL: return "this machine has no such address";
    case ENOENT: return "the folder does not exist";
    default: return std::strerror(error);
    }
}

// Nobody listens behind the socket file: its owner has died.
bool is_stale(const socket_address& a) {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int r = connect(fd, reinterpret_cast<const sockaddr*>(&a.bytes), a.size);
    const bool refused = r < 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

int bind_to(int fd, const socket_address& a) {
    return bind(fd, reinterpret_cast<const sockaddr*>(&a.bytes), a.size) == 0 ? 0 : errno;
}

result<int> listen_on(const socket_address& a, const std::string& name) {
    const int fd = socket(a.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return fail(errc::io_error, fmt::format("cannot listen at {}: {}", name, why(errno)));
    const int on = 1, off = 0;
    if (a.family() == AF_UNIX)
        fchmod(fd, 0600); // before bind: the file is never open to others
    else
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a.family() == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    int error = bind_to(fd, a);
    if (error == EADDRINUSE && a.family() == AF_UNIX && is_stale(a)) {
        unlink(reinterpret_cast<const sockaddr_un&>(a.bytes).sun_path);
        error = bind_to(fd, a);
    }
    if (!error && listen(fd, 4096) < 0) error = errno;
    if (!error) return fd;
    close(fd);
    return fail(errc::io_error, fmt::format("cannot listen at {}: {}", name, why(error)));
}

result<int> adopt(std::string_view text) {
    const auto fd = number(text, 1 << 20);
    int listening = 0;
    socklen_t size = sizeof listening;
    if (!fd || getsockopt(*fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) < 0 || !listening)
        return fail(errc::invalid_argument, fmt::format("fd:{} is not a listening socket", text));
    fcntl(*fd, F_SETFD, FD_CLOEXEC);
    fcntl(*fd, F_SETFL, fcntl(*fd, F_GETFL) | O_NONBLOCK);
    return *fd;
}

} // namespace

result<socket_address> ip_address(std::string_view host, std::uint16_t port) {
    socket_address a;
    const std::string text(host);
    auto& v4 = reinterpret_cast<sockaddr_in&>(a.bytes);
    if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        a.size = sizeof v4;
        return a;
    }
    a = {};
    auto& v6 = reinterpret_cast<sockaddr_in6&>(a.bytes);
    if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        a.size = sizeof v6;
        return a;
    }
    return fail(errc::invalid_argument, fmt::format("\"{}\" is not an IP address", host));
}

result<socket_address> unix_address(std::string_view path) {
    socket_address a;
    auto& u = reinterpret_cast<sockaddr_un&>(a.bytes);
    if (path.empty() || path.size() >= sizeof u.sun_path)
        return fail(errc::invalid_argument, fmt::format("the socket path \"{}\" must have 1 to {} characters",
                                                        path, sizeof u.sun_path - 1));
    u.sun_family = AF_UNIX;
    std::memcpy(u.sun_path, path.data(), path.size());
    a.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    return a;
}

std::string peer_text(const socket_address& a) {
    char text[INET6_ADDRSTRLEN] = "";
    if (a.family() == AF_INET) {
        inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(a.bytes).sin_addr, text, sizeof text);
    } else if (a.family() == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(a.bytes).sin6_addr;
        if (is_mapped_v4(v6))
            inet_ntop(AF_INET, v6.s6_addr + 12, text, sizeof text);
        else
            inet_ntop(AF_INET6, &v6, text, sizeof text);
    }
    return text;
}

std::string address_text(const socket_address& a) {
    if (a.family() == AF_UNIX)
        return fmt::format("unix:{}", reinterpret_cast<const sockaddr_un&>(a.bytes).sun_path);
    if (a.family() == AF_INET)
        return fmt::format("{}:{}", peer_text(a),
                           ntohs(reinterpret_cast<const sockaddr_in&>(a.bytes).sin_port));
    return fmt::format("[{}]:{}", peer_text(a),
                       ntohs(reinterpret_cast<const sockaddr_in6&>(a.bytes).sin6_port));
}

result<int> open_listener(const std::string& address) {
    if (address.starts_with("fd:")) return adopt(std::string_view(address).substr(3));
    if (address.starts_with("unix:")) {
        auto a = unix_address(std::string_view(address).substr(5));
        return a ? listen_on(*a, address) : fail(a.error());
    }
    const auto colon = address.rfind(':');
    const auto port =
        colon == address.npos ? std::nullopt : number(std::string_view(address).substr(colon + 1), 65535);
    if (!port)
        return fail(errc::invalid_argument,
                    fmt::format("\"{}\" is not an address to listen at: \"127.0.0.1:8000\", "
                                "\"[::]:443\", \"unix:/path\" or \"fd:N\"",
                                address));
    auto host = address.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty() || host == "*") host = "::";
    if (host == "localhost") host = "127.0.0.1";
    auto a = ip_address(host, static_cast<std::uint16_t>(*port));
    return a ? listen_on(*a, address) : fail(a.error());
}

result<network_list> network_list::parse(const std::vector<std::string>& list) {
    network_list out;
    for (const auto& text : list) {
        const auto slash = text.find('/');
        const auto a = ip_address(std::string_view(text).substr(0, slash), 0);
        const int width = a && a->family() == AF_INET6 ? 128 : 32;
        const auto bits = slash == text.npos ? std::optional(width)
                                             : number(std::string_view(text).substr(slash + 1), width);
        if (!a || !bits)
            return fail(errc::invalid_argument,
                        fmt::format("\"{}\" is not a network such as 10.0.0.0/8 or fd00::/8", text));
        out.list_.push_back({*mapped(*a), *bits + (128 - width)});
    }
    return out;
}

bool network_list::has(const socket_address& a) const {
    const auto ip = mapped(a);
    if (!ip) return a.family() == AF_UNIX;
    for (const auto& n : list_) {
        // A network of IPv6, "::/0" say, holds no IPv4 addresses.
        if (is_mapped(*ip) && n.bits < mapped_bits) continue;
        int left = n.bits;
        bool same = true;
        for (std::size_t i = 0; same && left > 0; ++i, left -= 8) {
            const int mask = left >= 8 ? 0xff : 0xff << (8 - left);
            same = ((*ip)[i] & mask) == (n.prefix[i] & mask);
        }
        if (same) return true;
    }
    return false;
}

} // namespace berth::proxy
