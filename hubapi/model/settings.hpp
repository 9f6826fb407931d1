// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "auth/login/login.hpp"
#include "auth/scopes/scopes.hpp"
#include "daemon/runtime/clock.hpp"
#include "hubapi/model/cull_limits.hpp"
#include "scheduler/script/options.hpp"

#include <map>
#include <string>
#include <vector>

namespace berth::hub {

// A client of the API, from [[service]] or added by the API; also an OAuth client, and what the front door leads to, where it says so.
struct service {
    std::string name;
    std::vector<std::string> roles;  // names of roles that it bears
    std::vector<std::string> scopes; // further scopes of its own
    bool internal = false;           // the hub's own commands: shown to nobody
    bool admin = false;              // bears the role "admin"
    std::string url;                 // where it answers, "http://127.0.0.1:10101"; "" where nothing is served
    bool display = true;             // whether interfaces should list it
    std::string info = "{}";         // a JSON object for interfaces; means nothing to the hub
    // Started by the hub when there is a command: its first word is a path, or is looked up in its PATH.
    std::vector<std::string> command;
    std::string directory, user; // "": the hub's own
    std::map<std::string, std::string> environment;
    // As an OAuth client; where `redirect_uri` is "" it is none.
    std::string client_id, redirect_uri;
    std::vector<std::string> allowed_scopes; // what its tokens may do besides telling who the user is
    bool confirm = true;                     // the user is asked
    bool operator==(const service&) const = default;
};

struct site_settings {
    std::string announcement_home, announcement_login, announcement_spawn;
};

// [culler] and [profile.cull]
struct cull_settings {
    duration interval = std::chrono::minutes(1);
    cull_limits general;
    std::map<std::string, cull_limits> of_profiles;
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
    bool oauth_require_pkce = false; // OAuth clients without it are refused
    auth::admission admission;
    std::vector<service> services; // configured ones; all are in `service_list`
    scheduler::catalogue catalogue;
    std::map<std::string, std::map<std::string, std::string>> cluster_environment; // [cluster.X] environment
    std::map<std::string, std::string> cluster_kind; // "slurm", "local"
    site_settings site;
    cull_settings culling;
};

} // namespace berth::hub
