// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/listen_address.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <fmt/format.h>

#include <charconv>
#include <unistd.h>

namespace berth::config {
namespace asio = boost::asio;
namespace {

struct endpoint {
    asio::ip::address address;
    int port = 0;
};

std::optional<endpoint> parse(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    auto host = text.substr(0, colon);
    const auto number = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    endpoint out;
    boost::system::error_code ec;
    out.address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : std::string(host), ec);
    const auto [end, number_ec] = std::from_chars(number.data(), number.data() + number.size(), out.port);
    if (ec || number_ec != std::errc{} || end != number.data() + number.size() || out.port < 0 || out.port > 65535)
        return std::nullopt;
    return out;
}

bool elsewhere(std::string_view listen) { return listen.starts_with("unix:") || listen.starts_with("fd:"); }

} // namespace

result<void> check_listen_address(std::string_view address) {
    if (address.starts_with("unix:/") || address.starts_with("fd:") || parse(address)) return {};
    return fail(errc::invalid_argument,
                fmt::format("\"{}\" is not an address to listen on; write 127.0.0.1:8000, [::]:443 or unix:/run/berth/http.sock", address));
}

bool is_loopback(std::string_view listen) {
    if (elsewhere(listen)) return true;
    const auto e = parse(listen);
    return e && e->address.is_loopback();
}

bool is_cidr(std::string_view text) {
    // The library stops at a NUL and takes zones ("fe80::1%eth0"), which a network cannot have.
    if (text.find_first_not_of("0123456789abcdefABCDEF.:/") != std::string_view::npos) return false;
    // And it reads a length of any number of digits, past its own bounds.
    if (const auto slash = text.find('/'); slash != text.npos && text.size() - slash > 4) return false;
    const std::string s(text);
    boost::system::error_code ec;
    asio::ip::make_address(s, ec);
    if (!ec) return true;
    asio::ip::make_network_v4(s, ec);
    if (!ec) return true;
    asio::ip::make_network_v6(s, ec);
    return !ec;
}

std::string url_of(std::string_view listen, bool tls) {
    const auto e = elsewhere(listen) ? std::nullopt : parse(listen);
    if (!e) return "";
    auto host = e->address.to_string();
    if (e->address.is_unspecified()) {
        char name[256] = "localhost";
        ::gethostname(name, sizeof name - 1);
        host = name;
    } else if (e->address.is_v6()) {
        host = "[" + host + "]";
    }
    return fmt::format("{}://{}:{}", tls ? "https" : "http", host, e->port);
}

} // namespace berth::config
