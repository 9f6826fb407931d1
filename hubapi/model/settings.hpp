// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "auth/login/login.hpp"
#include "daemon/runtime/clock.hpp"
#include "scheduler/script/options.hpp"

#include <map>
#include <string>
#include <vector>

namespace berth::hub {

// A client of the API from [[service]].
struct service {
    std::string name;
    std::vector<std::string> roles;  // names of roles that it bears
    std::vector<std::string> scopes; // further scopes of its own
    bool internal = false;           // the hub's own commands: shown to nobody
};

struct site_settings {
    std::string announcement_home, announcement_login, announcement_spawn;
};

// What hubapi reads of the configuration. A value; changed by a reload only, between two turns of the hub thread. What it
// held before lives on, so that a handler that waits may go on with it.
struct settings {
    std::string base_url = "/";            // begins and ends with "/"
    std::string public_url;                // "https://jupyter.example.org"; "" when not configured
    std::string connect_url;               // how compute nodes reach the hub: "http://login1:8000", no base_url
    std::string jupyterhub_version = "6.1.1";
    std::string login_method = "dummy";
    bool allow_named_servers = true;
    int named_server_limit_per_user = 0;
    duration cookie_max_age = std::chrono::hours(24 * 14);
    bool implicit_spawn = false;
    bool shutdown_on_logout = false;
    bool allow_token_in_url = false; // links with a token sign a browser in
    auth::admission admission;
    std::vector<service> services;
    scheduler::catalogue catalogue;
    std::map<std::string, std::map<std::string, std::string>> cluster_environment; // [cluster.X] environment
    std::map<std::string, std::string> cluster_kind; // "slurm", "local"
    site_settings site;
};

} // namespace berth::hub
