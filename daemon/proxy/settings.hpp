// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/server.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/secret.hpp"

#include <string>

namespace berth::proxy {

// What a front door is started with. A value; read once.
struct settings {
    // Where browsers come in: "127.0.0.1:8000", "[::]:443", "unix:/path", or "fd:N" for a listening socket
    // inherited from a predecessor or from systemd. Of `bounds`, body_bytes is not used: bodies are streamed,
    // never kept.
    http::listen_settings listen;
    unsigned threads = 0; // 0: one per core

    // Where configurable-http-proxy's REST API is served: "unix:/path" (made 0600) or "host:port". Empty:
    // nowhere.
    std::string api_address;
    secret api_token; // empty: whoever reaches the address may use it

    std::string default_target; // the hub: "http+unix:<path>" or "http://host:port"; empty: no route "/"
    std::string error_target = "/hub/error"; // a path; asked for <error_target>/<status>?url=<path>
    // Whose path that is: a target. Asked for every error then, 404 of no route too. Empty: the default route's.
    std::string error_server;
    int redirect_to = 0; // every request is sent to https on this port of the same host, and nothing else is done; 0: no
    bool host_routing = false;               // a routespec's first segment is a host name

    duration hold_time = std::chrono::seconds(5);     // a request waits so long for a hub that is away
    duration connect_time = std::chrono::seconds(10); // for a notebook to take the connection
    duration page_time = std::chrono::seconds(5);     // for the hub to give an error page
    duration response_time{0};                        // between pieces of a response; 0: no limit
    duration tunnel_idle_time{0};                     // a websocket without traffic; 0: no limit
    duration pool_idle_time = std::chrono::seconds(30);
    std::size_t pool_per_target = 64;               // idle connections kept, per thread
    std::size_t pool_total = 1024;                  // idle connections kept to all targets, per thread
    duration drain_time = std::chrono::seconds(10); // at the end: for requests under way
    duration handover_time = std::chrono::hours(24); // with a successor in charge: for websockets and downloads
    std::string version; // told by the API
    duration tick = std::chrono::milliseconds(250); // how exactly time-outs are kept
};

} // namespace berth::proxy
