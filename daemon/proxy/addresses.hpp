// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace berth::proxy {

// A socket address of any family. A value.
struct socket_address {
    sockaddr_storage bytes{};
    socklen_t size = 0;
    int family() const { return bytes.ss_family; }
};

// Literal addresses only; no DNS.
result<socket_address> ip_address(std::string_view host, std::uint16_t port);
result<socket_address> unix_address(std::string_view path);

// "192.0.2.7" of an IPv4 peer (also when it came in through a dual-stack socket), "2001:db8::1", "" of a Unix
// peer.
std::string peer_text(const socket_address& a);
// "127.0.0.1:8000", "[::1]:443", "unix:/path".
std::string address_text(const socket_address& a);

// A listening socket, or why there is none: a sentence with the address and what to do. `address` is
// "host:port" (with a literal host; "*" or nothing is every interface), "[v6]:port", "unix:/path" (made 0600;
// a stale one is replaced) or "fd:N" (taken over, must be listening). The descriptor is the caller's.
result<int> open_listener(const std::string& address);

// Networks as CIDR: who is believed when it speaks for others.
class network_list {
  public:
    static result<network_list> parse(const std::vector<std::string>& list);
    bool has(const socket_address& a) const; // Unix-socket peers always

  private:
    struct network {
        std::array<std::uint8_t, 16> prefix; // IPv4 as ::ffff:a.b.c.d
        int bits;
    };
    std::vector<network> list_;
};

} // namespace berth::proxy
