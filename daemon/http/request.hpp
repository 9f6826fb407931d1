// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/fields.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::http {

// Name and value pairs of a query or a form, decoded, in their order.
using name_values = std::vector<std::pair<std::string, std::string>>;

// The last value under `name`, as Tornado takes it, or nothing. (`?x` and `?x=` both give an empty string.)
std::optional<std::string> find_value(const name_values& list, std::string_view name);

// One request, read whole (body included, within the listener's limits). A value that its handler owns.
struct request {
    std::string method;   // "GET"
    std::string target;   // as sent: "/hub/api/users/al?x=1"
    std::string raw_path; // the target without query, not decoded, base_url included
    std::string path;     // raw_path with the base_url taken off: always starts with "/"; not decoded
    // False for a raw_path that is not below base_url; `path` is then raw_path unchanged, and whoever
    // dispatches must look at this first ("/hub/home" is not the hub's page when base_url is "/jupyter/").
    bool in_base_url = true;
    std::string raw_query; // behind the "?", not decoded; empty without one
    name_values query;
    fields headers;
    std::string body;

    // Set by the router from the pattern's {names}: percent-decoded.
    std::map<std::string, std::string, std::less<>> params;

    // Whom the daemon talks to, after X-Forwarded-* of trusted proxies have been applied.
    std::string peer_address; // "192.0.2.7"
    std::string scheme = "http";
    std::string host; // the Host header, or X-Forwarded-Host; may hold a port
    std::string id;   // X-Request-ID if it looks like one, else made here; echoed in the answer and the log

    std::string_view header(std::string_view name) const { return headers.get(name); }
    // Cookies of that name in the order sent (longest path first, as browsers do).
    std::vector<std::string> cookies(std::string_view name) const;
    std::string param(std::string_view name) const; // "" when the pattern has none of that name
    // The media type of the body without parameters, lower case: "application/json".
    std::string content_type() const;
    // True when Accept prefers `type` (e.g. "application/json") over text/html, or names it while text/html
    // is absent.
    bool prefers(std::string_view type) const;
    bool is_read_only() const { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }
};

} // namespace berth::http
