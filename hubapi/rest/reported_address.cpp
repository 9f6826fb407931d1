// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/rest/reported_address.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace berth::hub {
using nlohmann::json;

namespace {

// Letters, digits, dots, dashes and colons: an address or a host name.
bool plausible_host(const std::string& host) {
    return host.size() <= 255 && std::ranges::all_of(host, [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' || c == '_';
    });
}

} // namespace

result<reported_address> read_reported_address(const json& body) {
    const auto port = body.value("port", json()), host = body.value("host", json(""));
    if (!port.is_number_integer() || port.get<std::int64_t>() < 1 || port.get<std::int64_t>() > 65535)
        return fail(errc::invalid_argument, "port must be an integer from 1 to 65535, not " + port.dump());
    if (!host.is_string() || !plausible_host(host.get<std::string>()))
        return fail(errc::invalid_argument, "host must be an address or a host name, not " + host.dump());
    return reported_address{static_cast<int>(port.get<std::int64_t>()), host.get<std::string>()};
}

} // namespace berth::hub
