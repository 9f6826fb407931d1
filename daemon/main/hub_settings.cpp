// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/hub_settings.hpp"

#include "daemon/main/listen_address.hpp"
#include "hubapi/model/urls.hpp"
#include "scheduler/local/account.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace berth::config {
namespace {

// The service that `berth token` and `berth stop` speak as.
constexpr std::string_view command_service = "berth-command";

hub::service command_line_service() {
    hub::service s;
    s.name = command_service;
    s.internal = true;
    s.scopes = {"admin:users", "admin:servers", "tokens", "read:hub", "shutdown", "proxy"};
    return s;
}

// What a service serves under /services/ may sign users in at the usual address.
// Roles that its users' tokens may have stand for their scopes.
hub::service service_of(const service_keys& k, const std::string& base_url, const std::map<std::string, auth::role>& roles) {
    auto s = k.what;
    s.allowed_scopes.clear();
    for (const auto& word : k.what.allowed_scopes)
        if (const auto at = roles.find(word); at != roles.end() && auth::describe(word).empty()) // a scope comes first
            s.allowed_scopes.insert(s.allowed_scopes.end(), at->second.scopes.begin(), at->second.scopes.end());
        else
            s.allowed_scopes.push_back(word);
    if (s.redirect_uri.empty() && !s.url.empty()) s.redirect_uri = hub::service_callback_path(base_url, s.name);
    return s;
}

} // namespace

result<std::vector<hub::managed_service>> managed_of(const configuration& c) {
    std::vector<hub::managed_service> out;
    const auto roles = *auth::make_roles(c.roles, c.custom_scopes); // checked with the configuration
    for (const auto& k : c.services) {
        if (k.what.command.empty()) continue;
        hub::managed_service m{service_of(k, c.hub.base_url, roles), k.api_token, std::nullopt};
        if (auto ok = scheduler::prepare_account(k.what.user, m.identity); !ok)
            return fail(ok.error().code, fmt::format("service \"{}\": user: {}", k.what.name, ok.error().message));
        if (m.identity && m.identity->uid == ::geteuid()) m.identity.reset();
        if (m.identity && ::geteuid() != 0)
            return fail(errc::denied, fmt::format("service \"{}\": the hub is not root and cannot start it as {}; leave user out", k.what.name, k.what.user));
        out.push_back(std::move(m));
    }
    return out;
}

hub::settings hub_settings(const configuration& c) {
    hub::settings s;
    s.base_url = c.hub.base_url;
    s.public_url = c.hub.public_url;
    s.connect_url = c.hub.connect_url.empty() ? url_of(c.hub.listen, !c.tls.certificate.empty()) : c.hub.connect_url;
    s.jupyterhub_version = c.hub.jupyterhub_version;
    s.login_method = c.login.method;
    s.allow_named_servers = c.hub.allow_named_servers;
    s.named_server_limit_per_user = c.hub.named_server_limit_per_user;
    s.cookie_max_age = c.hub.cookie_max_age;
    s.implicit_spawn = c.hub.implicit_spawn;
    s.shutdown_on_logout = c.hub.shutdown_on_logout;
    s.allow_token_in_url = c.hub.allow_token_in_url;
    s.admission = c.login.rules;
    s.oauth_require_pkce = c.hub.oauth_require_pkce;
    const auto roles = *auth::make_roles(c.roles, c.custom_scopes);
    for (const auto& k : c.services) s.services.push_back(service_of(k, c.hub.base_url, roles));
    s.services.push_back(command_line_service());
    s.catalogue = c.catalogue;
    for (const auto& k : c.clusters) {
        s.cluster_environment[k.name] = k.environment;
        s.cluster_kind[k.name] = k.backend;
    }
    s.site = c.site;
    s.culling = c.culling;
    return s;
}

auth::session_settings session_settings(const configuration& c, const data_dir& d) {
    return {c.hub.base_url, d.cookie_secret, c.hub.cookie_max_age, c.hub.public_url.starts_with("https://"), c.hub.public_url};
}

pages::site site_of(const configuration& c) {
    pages::site s;
    s.base_url = c.hub.base_url;
    return s;
}

std::vector<std::pair<secret, auth::token_record>> configured_tokens(const configuration& c, const data_dir& d) {
    std::vector<std::pair<secret, auth::token_record>> out;
    const auto add = [&](const secret& value, const std::string& service) {
        auth::token_record t;
        t.service = service;
        t.note = "configured";
        t.scopes.emplace_back("inherit");
        t.ephemeral = true;
        t.internal = service == command_service;
        out.emplace_back(value, std::move(t));
    };
    for (const auto& s : c.services)
        if (!s.api_token.empty()) add(s.api_token, s.what.name);
    add(d.admin_token, std::string(command_service));
    return out;
}

} // namespace berth::config
