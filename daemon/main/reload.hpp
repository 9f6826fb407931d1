// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "auth/sessions/sessions.hpp"
#include "auth/tokens/tokens.hpp"
#include "daemon/main/clusters.hpp"
#include "daemon/main/configuration.hpp"
#include "daemon/main/data_dir.hpp"
#include "daemon/proxy/route_client.hpp"
#include "hubapi/model/people.hpp"
#include "hubapi/model/permissions.hpp"
#include "hubapi/model/service_list.hpp"
#include "hubapi/model/settings.hpp"
#include "hubapi/services/managed_services.hpp"
#include "scheduler/spawner/spawner.hpp"

#include <boost/asio/awaitable.hpp>

#include <list>

namespace berth::config {

// What earlier reloads have replaced. Handlers that wait may still look into it, so it lives as long as the
// hub: a few kilobytes for each reload.
struct retired_settings {
    configuration c;
    hub::settings settings;
};

// The parts of a running hub that take new settings.
struct reloadable {
    configuration& c; // as the hub runs by it
    const data_dir& d;
    adjustable_logger& log;
    hub::settings& settings;
    hub::people& who;
    hub::permissions& may;
    hub::service_list& services;
    auth::token_store& tokens;
    auth::session_store& sessions;
    scheduler::spawner& servers;
    backends& places;
    proxy::route_client* door; // null: not ours
    std::list<retired_settings>& retired;
    hub::managed_services& managed;
};

// Reads the configuration file again. When anything in it is wrong nothing changes, and the log says what;
// otherwise what can take effect does, at once for all parts, and the log names the keys that wait for a
// restart.
boost::asio::awaitable<void> reload(reloadable hub);

// Administrators of the configuration are made so, and created if need be.
boost::asio::awaitable<result<void>> make_admins(hub::people& who, std::vector<std::string> names);
// Blocked users are signed out.
boost::asio::awaitable<void> end_blocked_sessions(hub::people& who, auth::session_store& sessions,
                                                  logger& log, std::vector<std::string> blocked);

} // namespace berth::config
