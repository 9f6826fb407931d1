// SPDX-License-Identifier: BSD-3-Clause
// The front door as the hub sees it: making sure that one runs, and its routes.
#pragma once

#include "daemon/main/configuration.hpp"
#include "daemon/main/data_dir.hpp"
#include "daemon/proxy/route_client.hpp"
#include "daemon/proxy/settings.hpp"
#include "daemon/runtime/task.hpp"
#include "hubapi/model/service_list.hpp"
#include "scheduler/spawner/spawner.hpp"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace berth::config {

// What `berth proxy` is started with, of this configuration.
proxy::settings door_settings(const configuration& c, const data_dir& d);

// Where the door's API is: "unix:<data_dir>/proxy.sock", or the configured api_url.
std::string door_api(const configuration& c, const data_dir& d);

// The process that opened the data directory's socket, when a front door listens on it (0: it has more callers than it
// takes at once). Stays the same when a door hands its socket over; another one means a door without routes. Does not block.
std::optional<pid_t> door_opener(const data_dir& d);
inline bool door_answers(const data_dir& d) { return door_opener(d).has_value(); }

// Starts `berth proxy` without waiting for it: for bringing back one that has died. As the user that the hub is by then, so
// a port below 1024 is out of its reach.
result<spawned> launch_door(const configuration& c, const data_dir& d);

// Starts `berth proxy` with the same configuration, in a session of its own, so that it outlives this process; waits
// until it answers. Called before privileges are dropped, so that it can bind ports below 1024. Failures carry what
// the door wrote. Blocks up to 10 s.
result<spawned> start_door(const configuration& c, const data_dir& d);

// The spawner's routes, told to the door.
class door_routes final : public scheduler::route_sink {
  public:
    explicit door_routes(proxy::route_client& door) : door_(door) {}
    // What the door has at the hub's start: a route that the hub has in mind and is right is not sent to it again.
    void there(const std::vector<proxy::listed_route>& list);
    void there(const scheduler::spawner& servers); // all that are ready
    boost::asio::awaitable<result<void>> add(scheduler::server s) override;
    boost::asio::awaitable<result<void>> remove(scheduler::server s) override;

  private:
    proxy::route_client& door_;
    std::map<std::string, std::string> there_; // name to target; each saves one call
};

// Makes the door's route to one service what the list says.
boost::asio::awaitable<result<void>> route_service(proxy::route_client& door, const hub::service_list& services, std::string base_url, std::string name);

// Makes the door's table what the hub's records say: missing and wrong routes are added, stale ones of ours removed,
// foreign ones left alone. `hub_target`: of the default route "/".
boost::asio::awaitable<result<void>> sync_routes(proxy::route_client& door, scheduler::spawner& servers, const hub::service_list& services,
                                                 std::string base_url, std::string hub_target);

// One of the routes that the door has when it has them all, but never "/"; empty: there is none.
std::string any_route(const scheduler::spawner& servers, const std::string& base_url);

// The door's routes in the form of GET /hub/api/proxy.
boost::asio::awaitable<result<std::string>> routes_json(proxy::route_client& door);

} // namespace berth::config
