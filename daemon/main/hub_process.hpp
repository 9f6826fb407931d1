// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/main/clusters.hpp"
#include "daemon/main/configuration.hpp"
#include "daemon/main/data_dir.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/spawn.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>

namespace berth::config {

struct hub_options {
    bool door_apart = false;                // the front door is somebody else's to start
    std::optional<spawned> door = {};       // the one that was started for this hub
};

// The hub of `berth serve`: every part, made once, in the order in which they need each other, and handed down by
// reference. Lives on the thread that runs `io`.
class hub_process {
  public:
    // `helpers` are running already; privileges have been dropped.
    hub_process(boost::asio::io_context& io, adjustable_logger& log, const configuration& c, const data_dir& d, privileged_helpers& helpers,
                hub_options options = {});
    hub_process(const hub_process&) = delete;
    hub_process& operator=(const hub_process&) = delete;
    ~hub_process();

    // Opens the database (blocks), before the event loop runs.
    result<void> open();
    // Reads the state, listens, sends the routes, carries on what was under way. The failure names what to do.
    boost::asio::awaitable<result<void>> start();
    // Takes what has changed in the configuration file, as far as a running hub can; what came of it is in the log.
    boost::asio::awaitable<void> reload();
    // Ends in order: no new requests, the ones under way answered, nothing unwritten. Servers run on, unless
    // stop_servers_on_exit or `stop_servers` says otherwise.
    boost::asio::awaitable<void> stop(bool stop_servers);
    // Resumes when the API has asked for a shutdown; true: with the servers.
    boost::asio::awaitable<bool> shutdown_asked();

  private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

} // namespace berth::config
