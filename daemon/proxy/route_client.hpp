// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/http_client.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/result.hpp"
#include "daemon/runtime/secret.hpp"

#include <boost/asio/awaitable.hpp>
#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace berth::proxy {

// Which front door, and how patiently.
struct route_client_settings {
    std::string api_url; // "http://127.0.0.1:8001", or "unix:/path" for our own door's socket
    secret token;
    duration deadline = std::chrono::seconds(5); // per attempt
    int attempts = 4;                            // of a call whose failure may pass: no connection, 5xx
    duration first_pause = std::chrono::milliseconds(100); // doubled with each attempt
};

struct listed_route {
    std::string routespec; // as the API lists it: decoded, "/user/al"
    std::string target;
    std::string data; // JSON object, with everything that was added with the route
    std::optional<time_point> last_activity;
};

struct door_status {
    pid_t pid = 0;
    std::string version;
    bool outdated = false; // its program's file is another one by now
    int draining = 0;      // earlier doors that still have connections
};

// The hub's side of configurable-http-proxy's REST API: our own front door or a real configurable-http-proxy.
// Lives on the hub thread. Failures: unavailable or outcome_unknown when the door does not answer after all
// attempts (every call may be repeated), denied for a wrong token, invalid_argument for what the door
// refuses.
class route_client {
  public:
    route_client(http_client& http, clock& time, logger& log, route_client_settings config);

    boost::asio::awaitable<result<std::vector<listed_route>>> list();
    // Whether there is a route of just this path; `routespec` as for `add`, and not "/": that asks for all of them.
    boost::asio::awaitable<result<bool>> has(std::string routespec);
    // `routespec`: the escaped path under which the hub knows it ("/user/al%40x/", as configurable-http-proxy
    // wants it), `data`: a JSON object to be kept with it.
    boost::asio::awaitable<result<void>> add(std::string routespec, std::string target, nlohmann::json data);
    boost::asio::awaitable<result<void>> remove(std::string routespec); // no such route: a success
    // Many in one call: our own door only. not_found from a configurable-http-proxy.
    // `table`: {"/user/al": {"target": ..., ...}, ...}, paths decoded; all of them or, when one is refused, none.
    boost::asio::awaitable<result<void>> add_all(nlohmann::json table);
    // Its websockets end. A configurable-http-proxy cannot do that: a success all the same.
    boost::asio::awaitable<result<void>> session_ended(std::string session_id);
    // What our own door says of itself. not_found from a configurable-http-proxy, as for the next two.
    boost::asio::awaitable<result<door_status>> status();
    // Has our own door read its settings again. conflict with its sentence when they are wrong: the old ones
    // stay.
    boost::asio::awaitable<result<void>> reload();
    // Has our own door hand over to a successor; returns that one's process. conflict with the door's
    // sentence when the successor has failed: the old one is still in charge. May take 20 s.
    boost::asio::awaitable<result<pid_t>> replace_door();
    // Asks our own door to close. not_found from a configurable-http-proxy.
    boost::asio::awaitable<result<void>> shut_down();

  private:
    boost::asio::awaitable<result<http_answer>> call(std::string method, std::string path, std::string body);
    http_call prepare(std::string method, const std::string& path, std::string body) const;

    http_client& http_;
    clock& clock_;
    logger& log_;
    route_client_settings config_;
};

} // namespace berth::proxy
