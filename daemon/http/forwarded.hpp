// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/request.hpp"
#include "daemon/runtime/result.hpp"

#include <boost/asio/ip/address.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace berth::http {

// A set of networks: "10.0.0.0/8", "2001:db8::/32", a single address. IPv4-mapped IPv6 addresses count as
// IPv4.
class network_list {
  public:
    static result<network_list> parse(const std::vector<std::string>& cidrs);
    bool contains(const boost::asio::ip::address& a) const;

  private:
    struct network {
        boost::asio::ip::address base;
        unsigned prefix;
    };
    std::vector<network> list_;
};

// An address, or nothing: "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80".
std::optional<boost::asio::ip::address> parse_peer(std::string_view text);

// Sets peer_address, scheme and host. `peer` is the socket's address ("" for a Unix socket), believed to
// report others when `trusted`. Of a chain of proxies the right-most address that is not itself a trusted
// proxy is the client's; X-Forwarded-Proto and -Host are taken at the client's place in their list, or else
// their first.
void apply_forwarded(request& r, const std::string& peer, bool trusted, bool tls,
                     const network_list& proxies);

} // namespace berth::http
