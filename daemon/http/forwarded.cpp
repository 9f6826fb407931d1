// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/forwarded.hpp"

#include "daemon/runtime/encoding.hpp"

#include <algorithm>
#include <charconv>

namespace berth::http {
namespace {

namespace ip = boost::asio::ip;

constexpr unsigned mapped_bits = 96; // of ::ffff:0:0/96

ip::address plain(const ip::address& a) {
    if (a.is_v6() && a.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, a.to_v6());
    return a;
}

template<class Bytes>
bool same_prefix(const Bytes& a, const Bytes& b, unsigned bits) {
    for (std::size_t i = 0; i < a.size() && bits > 0; ++i) {
        const unsigned here = std::min(bits, 8U);
        const auto mask = static_cast<unsigned char>(0xff << (8 - here));
        if ((a[i] & mask) != (b[i] & mask)) return false;
        bits -= here;
    }
    return true;
}

// The pieces of all headers of that name, in their order.
std::vector<std::string_view> list_of(const fields& headers, std::string_view name) {
    std::vector<std::string_view> out;
    for (const auto& [key, value] : headers) {
        if (!iequals(key, name)) continue;
        std::string_view left = value;
        while (true) {
            const auto end = left.find(',');
            if (auto piece = trim(left.substr(0, end)); !piece.empty()) out.push_back(piece);
            if (end == std::string_view::npos) break;
            left.remove_prefix(end + 1);
        }
    }
    return out;
}

// The client's entry when proxies have appended in step with the addresses, else what the first proxy said.
std::string_view entry_for(const std::vector<std::string_view>& list, std::size_t client,
                           std::size_t addresses) {
    if (list.empty()) return {};
    return list.size() == addresses && client < addresses ? list[client] : list.front();
}

bool is_host(std::string_view text) {
    return !text.empty() && text.size() <= 260 && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("-._~:[]").find(c) != std::string_view::npos;
    });
}

} // namespace

result<network_list> network_list::parse(const std::vector<std::string>& cidrs) {
    network_list out;
    for (const auto& text : cidrs) {
        const auto slash = text.find('/');
        boost::system::error_code ec;
        const auto base = ip::make_address(text.substr(0, slash), ec);
        const unsigned most = base.is_v4() ? 32 : 128;
        unsigned prefix = most;
        bool good = !ec;
        if (good && slash != std::string::npos) {
            const auto* end = text.data() + text.size();
            const auto read = std::from_chars(text.data() + slash + 1, end, prefix);
            good = read.ec == std::errc() && read.ptr == end && prefix <= most;
        }
        if (!good)
            return fail(errc::invalid_argument,
                        "trusted_proxies: \"" + text +
                            "\" is not a network; write \"10.1.0.0/16\" or \"fd00::/8\"");
        // "::ffff:10.0.0.0/104" is 10.0.0.0/8. A larger network of IPv6 holds no IPv4 addresses.
        if (base.is_v6() && base.to_v6().is_v4_mapped() && prefix >= mapped_bits)
            out.list_.push_back({plain(base), prefix - mapped_bits});
        else
            out.list_.push_back({base, prefix});
    }
    return out;
}

bool network_list::contains(const ip::address& a) const {
    const auto address = plain(a);
    return std::ranges::any_of(list_, [&](const network& n) {
        if (n.base.is_v4() != address.is_v4()) return false;
        if (address.is_v4())
            return same_prefix(n.base.to_v4().to_bytes(), address.to_v4().to_bytes(), n.prefix);
        return same_prefix(n.base.to_v6().to_bytes(), address.to_v6().to_bytes(), n.prefix);
    });
}

std::optional<ip::address> parse_peer(std::string_view text) {
    text = trim(text);
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        text = text.substr(1, end - 1);
    } else if (std::ranges::count(text, ':') == 1) {
        text = text.substr(0, text.find(':'));
    }
    boost::system::error_code ec;
    auto address = ip::make_address(std::string(text), ec);
    if (ec) return std::nullopt;
    return plain(address);
}

void apply_forwarded(request& r, const std::string& peer, bool trusted, bool tls,
                     const network_list& proxies) {
    r.peer_address = peer;
    r.scheme = tls ? "https" : "http";
    r.host = r.header("host");
    if (!trusted) return;
    const auto addresses = list_of(r.headers, "x-forwarded-for");
    std::size_t client = addresses.size();
    while (client > 0) {
        const auto address = parse_peer(addresses[client - 1]);
        if (!address) break; // what stands further left cannot be believed either
        --client;
        r.peer_address = address->to_string();
        if (!proxies.contains(*address)) break;
    }
    const auto proto = entry_for(list_of(r.headers, "x-forwarded-proto"), client, addresses.size());
    if (iequals(proto, "https") || iequals(proto, "http")) r.scheme = to_lower_ascii(proto);
    const auto host = entry_for(list_of(r.headers, "x-forwarded-host"), client, addresses.size());
    if (is_host(host)) r.host = host;
}

} // namespace berth::http
