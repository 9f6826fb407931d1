// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/proxy/addresses.hpp"
#include "daemon/runtime/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace berth::proxy {

// Where a route leads. A value; immutable once it is in a table.
struct target {
    std::string url;  // as given
    std::string host; // without brackets; empty for a Unix socket
    std::uint16_t port = 80;
    std::optional<socket_address> address; // absent: `host` is a name to be resolved
    std::string authority;                 // for a request that has no Host of its own
};

// "http://host[:port][/...]", "http://[v6]:port", "http+unix:/path" and configurable-http-proxy's
// "http+unix://%2Fpath" (also unix+http). A path behind host and port is ignored: the request's own path is
// kept whole. invalid_argument for https (notebooks are reached over plain http) and anything else.
result<target> parse_target(std::string_view url);

} // namespace berth::proxy
