// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/main/configuration.hpp"
#include "daemon/main/data_dir.hpp"
#include "daemon/main/door.hpp"
#include "daemon/runtime/child_process.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/http_client.hpp"
#include "daemon/runtime/log.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>

namespace berth::config {

// Sees to it that there is a front door, of the program that is installed, with the routes of the hub's
// records. On the hub thread; each coroutine is run once and for good, but for `learn` and `renew`, which
// end.
class door_keeper {
  public:
    struct surroundings { // all of it outlives the keeper
        boost::asio::any_io_executor executor;
        clock& time;
        logger& log;
        http_client& http;
        const configuration& c;
        const data_dir& d;
        proxy::route_client& door;
        // The door's routes as the records say, by this client's patience.
        std::function<boost::asio::awaitable<result<void>>(proxy::route_client&)> sync;
        std::function<std::string()> one_route; // of those that the door must have, not "/"; empty: there is none
        bool apart = false;                                         // somebody else starts doors
    };
    explicit door_keeper(surroundings in) : in_(std::move(in)) {}
    door_keeper(const door_keeper&) = delete;
    door_keeper& operator=(const door_keeper&) = delete;

    // The door that was started for this hub: waited for when it ends.
    void started(spawned door) { child_ = child_process::watch(in_.executor, std::move(door)); }
    // What the door has, which one that has gone on alone has all of; our own is told the rest in one call. Not
    // waited for when it does not answer at once.
    boost::asio::awaitable<void> learn(door_routes& routes, const scheduler::spawner& servers);
    // Routes are told to the door as they change; this puts right what was missed while the door was away.
    boost::asio::awaitable<void> keep_routes();
    // A front door that has died is started again, by us or by its unit, and told its routes at once.
    boost::asio::awaitable<void> keep_door();
    // An upgrade may have put another program in the place of the one that the front door still runs.
    boost::asio::awaitable<void> renew();

  private:
    boost::asio::awaitable<void> until_routes_are_due();
    proxy::route_client client(duration deadline) const;
    void launch();

    surroundings in_;
    std::unique_ptr<child_process> child_; // watched so that it is reaped
};

} // namespace berth::config
