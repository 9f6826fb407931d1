// SPDX-License-Identifier: BSD-3-Clause
// Who a request comes from: the socket's address, trusted networks, then headers as "Name: value". The
// configuration, the hub and the door read networks alike, and what is believed has the form of what it
// should be.
#include "daemon/http/forwarded.hpp"
#include "daemon/main/listen_address.hpp"
#include "daemon/proxy/addresses.hpp"
#include "daemon/runtime/encoding.hpp"
#include "tests/fuzz/support.hpp"

#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace berth;
using fuzz::check;

void check_readers(const std::vector<std::string>& networks) {
    const auto hub = http::network_list::parse(networks);
    const auto door = proxy::network_list::parse(networks);
    for (const auto& n : networks)
        if (config::is_cidr(n))
            check(http::network_list::parse({n}).has_value() && proxy::network_list::parse({n}).has_value(),
                  "what the configuration takes, hub and door take");
    if (!hub || !door) return;
    for (const char* text : {"127.0.0.1", "10.1.2.3", "192.0.2.7", "::1", "fd00::7", "2001:db8::1"})
        check(hub->contains(*http::parse_peer(text)) == door->has(*proxy::ip_address(text, 1)),
              "hub and door trust the same");
}

} // namespace

void fuzz(std::string_view bytes) {
    fuzz::lines in(bytes);
    const std::string peer(in.next());
    std::istringstream words{std::string(in.next())};
    std::vector<std::string> networks;
    for (std::string word; words >> word;) networks.push_back(word);
    check_readers(networks);
    http::request r;
    while (!in.empty()) {
        const auto line = in.next();
        const auto colon = line.find(':');
        if (colon != std::string_view::npos)
            r.headers.add(line.substr(0, colon), std::string(trim(line.substr(colon + 1))));
    }
    const auto proxies = http::network_list::parse(networks);
    const auto none = http::network_list::parse({});
    http::apply_forwarded(r, peer, true, false, proxies ? *proxies : *none);
    check(r.peer_address == peer || http::parse_peer(r.peer_address).has_value(), "a client is an address");
    check(r.scheme == "http" || r.scheme == "https", "a scheme is one of two");
    check(r.host == r.header("host") || r.host.find_first_of("/\\@ \"<>") == std::string::npos,
          "a host is a host");
    http::apply_forwarded(r, peer, false, true, *none);
    check(r.peer_address == peer && r.scheme == "https" && r.host == r.header("host"),
          "strangers are not believed");
}
