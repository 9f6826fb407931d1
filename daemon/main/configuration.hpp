// SPDX-License-Identifier: BSD-3-Clause
// The configuration file as values. The keys are a contract (docs/configuration.md); this is what the program reads of
// them. Everything has its default here, so that no file at all is a working hub on loopback.
#pragma once

#include "auth/credentials/rules.hpp"
#include "auth/credentials/service_accounts.hpp"
#include "auth/login/login.hpp"
#include "auth/scopes/scopes.hpp"
#include "daemon/main/key_digests.hpp"
#include "daemon/main/toml_section.hpp"
#include "daemon/runtime/log.hpp"
#include "hubapi/model/settings.hpp"
#include "scheduler/script/options.hpp"
#include "scheduler/spawner/spawner.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace berth::config {

struct hub_keys {
    std::string listen = "127.0.0.1:8000", base_url = "/", user, public_url, connect_url;
    std::string data_dir = "./berth-data", database, jupyterhub_version = "6.1.1";
    bool allow_named_servers = true, strict_session_id = true, allow_token_in_url = false, oauth_require_pkce = false;
    int named_server_limit_per_user = 0, active_server_limit = 0, concurrent_spawn_limit = 0;
    duration cookie_max_age = std::chrono::hours(24 * 14);
    bool implicit_spawn = false, stop_servers_on_exit = false, shutdown_on_logout = false;
    std::vector<std::string> admin_users;
};

struct tls_keys {
    std::string certificate, key;
};

struct proxy_keys {
    bool external = false; // mode "external": a configurable-http-proxy at api_url
    std::string api_url, api_token_file;
    int threads = 0;
    std::vector<std::string> trusted_proxies = {"127.0.0.1/32"};
};

// [login.oidc]
struct oidc_keys {
    std::string issuer, authorize_url, token_url, userinfo_url, jwks_url, end_session_url, ca_file;
    std::string client_id;
    secret client_secret;
    std::vector<std::string> scopes = {"openid", "profile", "email"};
    std::string username_claim = "preferred_username", groups_claim = "groups", roles_claim, admin_claim;
    bool pkce = true, logout_at_provider = true;
};

// [login.header]: names of request headers that a trusted proxy sets.
struct header_keys {
    std::string user_header = "X-Remote-User", groups_header;
};

// [credentials]
struct credential_keys {
    duration refresh_margin = std::chrono::seconds(60);
    std::vector<auth::credential_rule> rules;
};

struct login_keys {
    std::string method = "dummy";
    secret dummy_password;
    bool dummy_anywhere = false;
    oidc_keys oidc;
    header_keys header;
    auth::admission rules;
};

struct service_keys {
    hub::service what;
    secret api_token;
};

struct cluster_keys {
    std::string name, backend;
    scheduler::cluster_settings settings;
    scheduler::job_fields defaults;
    std::map<std::string, std::string> environment;
    std::string script, port_range = "0";
    // local
    bool run_as_user = false;
    std::string home_dir = "{data_dir}/home/{user}";
    // slurm
    std::string identity = "root", slurm_conf;
    // slurm with identity "jwt", firecrest: the hub user of a service account that asks for everybody's jobs
    std::string poll_account;
    // firecrest
    std::string url, system, ca_file, work_dir = "/users/{user}", node_name_template = "{node}";
};

struct configuration {
    std::string file; // "" without one
    key_digests keys; // of the file
    hub_keys hub;
    tls_keys tls;
    proxy_keys proxy;
    std::string cookie_secret_file, vault_keys_file;
    login_keys login;
    credential_keys credentials;
    std::vector<auth::service_account> service_accounts;
    std::vector<service_keys> services;
    auth::custom_scopes custom_scopes;
    std::vector<auth::role> roles;
    std::vector<cluster_keys> clusters; // in the file's order
    scheduler::catalogue catalogue;
    hub::site_settings site;
    hub::cull_settings culling;
    log_level level = log_level::info;
    log_format format = log_format::text;
};

// Reads and validates the file; "" gives the built-in configuration. Files that keys name (secrets, certificates,
// templates) are opened too. Either everything is good, or all problems are told.
std::expected<configuration, std::vector<problem>> read(const std::string& file);

} // namespace berth::config
