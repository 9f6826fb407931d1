// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "auth/login/login.hpp"
#include "auth/login/throttle.hpp"
#include "auth/sessions/sessions.hpp"
#include "auth/tokens/tokens.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log.hpp"
#include "hubapi/model/identity.hpp"
#include "hubapi/model/people.hpp"
#include "hubapi/model/permissions.hpp"
#include "hubapi/model/service_list.hpp"
#include "hubapi/model/settings.hpp"
#include "hubapi/model/shares.hpp"
#include "scheduler/spawner/spawner.hpp"

#include <functional>
#include <optional>
#include <string>

namespace berth {
class metrics_registry;
}

namespace berth::hub {

class change_feed;
class hub_metrics;

// What handlers work with: references to the hub's parts, made in daemon/main, all on the hub thread. Holds no state.
struct hub {
    const settings& config;
    clock& time;
    logger& log;
    people& who;
    shares& shared;
    permissions& may;
    service_list& services;
    auth::token_store& tokens;
    auth::session_store& sessions;
    auth::password_check& passwords;
    auth::login_throttle& throttle;
    scheduler::spawner& servers;
    hub_metrics& metrics;
    // The front door's routes as JSON, and a re-sync of them: GET and POST /hub/api/proxy.
    std::function<boost::asio::awaitable<result<std::string>>()> list_routes;
    std::function<boost::asio::awaitable<result<void>>()> check_routes;
    // POST /hub/api/shutdown; `servers`: stop them first.
    std::function<void(bool servers)> shut_down;
    identity_parts identity = {};
    // Null where a test has none.
    change_feed* changes = nullptr;
    // Asked only how it is; null where a test has none.
    const store::database* disk = nullptr;
    // Of a service that the hub has started; 0 while it does not run. Empty where there is none.
    std::function<int(const std::string& service)> service_pid = {};
    // Tells the front door where /services/NAME/ leads now, or that it leads nowhere any more. Empty where there is no door.
    std::function<boost::asio::awaitable<result<void>>(std::string service)> route_service = {};

    std::string hub_path(std::string_view below) const { return config.base_url + "hub/" + std::string(below); }
    // Why nothing can be saved at the moment, if that is so.
    std::optional<failure> disk_trouble() const { return disk ? disk->trouble() : std::nullopt; }
};

} // namespace berth::hub
