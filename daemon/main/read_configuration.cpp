// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/configuration.hpp"
#include "daemon/main/read_clusters.hpp"
#include "daemon/main/read_credentials.hpp"
#include "daemon/main/read_services.hpp"

#include "daemon/main/listen_address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace berth::config {
namespace {

using namespace std::chrono_literals;

constexpr duration longest_session = 24h * 3650;

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == '~';
}

// Users' names as they are after signing in: a blocked "Mallory" is "mallory" there.
std::vector<std::string> read_users(section& s, const char* key) {
    auto list = s.texts(key);
    for (auto& name : list) {
        auto known = auth::normalise_username(name);
        if (known)
            name = std::move(*known);
        else
            s.wrong(key, fmt::format("\"{}\" is nobody's name: {}", name, known.error().message));
    }
    return list;
}

// "/", "/jupyter/": begins and ends with a slash. It stands in cookies, headers and pages: nothing that means something there.
std::string read_base_url(section& s) {
    auto v = s.text("base_url", "/");
    if (!v.starts_with('/')) s.wrong("base_url", fmt::format("\"{}\" must begin with \"/\"", v));
    const bool plain = std::ranges::all_of(v, [](char c) { return is_plain(c) || c == '/'; });
    if (!plain || v.find("//") != std::string::npos || (v + "/").find("/./") != std::string::npos || (v + "/").find("/../") != std::string::npos)
        s.wrong("base_url", fmt::format("\"{}\" is not a plain path such as \"/jupyter/\"", v));
    return v.ends_with('/') ? v : v + "/";
}

// "" or "http(s)://host[:port]" without a path.
std::string read_origin(section& s, const char* key) {
    auto v = s.text(key, "");
    if (v.empty()) return v;
    while (v.ends_with('/')) v.pop_back();
    const auto rest = v.starts_with("https://") ? v.substr(8) : v.starts_with("http://") ? v.substr(7) : "";
    const auto fits = [](char c) { return is_plain(c) || c == ':' || c == '[' || c == ']'; };
    if (rest.empty() || !std::ranges::all_of(rest, fits))
        s.wrong(key, fmt::format("\"{}\" must be http://HOST[:PORT] or https://HOST[:PORT], without a path (that is base_url)", v));
    return v;
}

hub_keys read_hub(section s) {
    hub_keys k;
    k.listen = s.text("listen", k.listen);
    if (auto ok = check_listen_address(k.listen); !ok) s.wrong("listen", ok.error().message);
    k.base_url = read_base_url(s);
    k.user = s.text("user", "");
    k.public_url = read_origin(s, "public_url");
    k.connect_url = read_origin(s, "connect_url");
    k.data_dir = s.text("data_dir", k.data_dir);
    if (k.data_dir.empty()) s.wrong("data_dir", "must name a directory");
    k.database = s.text("database", "");
    if (!k.database.empty() && !k.database.starts_with("sqlite:"))
        s.wrong("database", fmt::format("\"{}\" must be sqlite:PATH", k.database));
    k.jupyterhub_version = s.text("jupyterhub_version", k.jupyterhub_version);
    k.allow_named_servers = s.flag("allow_named_servers", k.allow_named_servers);
    k.named_server_limit_per_user = static_cast<int>(s.integer("named_server_limit_per_user", 0, 0, 1'000'000));
    k.active_server_limit = static_cast<int>(s.integer("active_server_limit", 0, 0, 1'000'000));
    k.concurrent_spawn_limit = static_cast<int>(s.integer("concurrent_spawn_limit", 0, 0, 1'000'000));
    k.cookie_max_age = s.span("cookie_max_age", k.cookie_max_age, 1min);
    if (k.cookie_max_age > longest_session) s.wrong("cookie_max_age", "is too long; 3650d is the most");
    k.strict_session_id = s.flag("strict_session_id", k.strict_session_id);
    k.implicit_spawn = s.flag("implicit_spawn", k.implicit_spawn);
    k.stop_servers_on_exit = s.flag("stop_servers_on_exit", k.stop_servers_on_exit);
    k.shutdown_on_logout = s.flag("shutdown_on_logout", k.shutdown_on_logout);
    k.admin_users = read_users(s, "admin_users");
    k.allow_token_in_url = s.flag("allow_token_in_url", k.allow_token_in_url);
    k.oauth_require_pkce = s.flag("oauth_require_pkce", k.oauth_require_pkce);
    s.finish();
    return k;
}

tls_keys read_tls(section s) {
    tls_keys k{s.text("certificate", ""), s.text("key", "")};
    if (k.certificate.empty()) s.missing("certificate", "name the PEM file with the certificate chain, or leave [tls] out");
    s.finish();
    return k;
}

proxy_keys read_proxy(section s) {
    proxy_keys k;
    k.external = s.one_of("mode", "own", {"own", "external"}) == "external";
    k.api_url = s.text("api_url", "");
    if (k.external && !k.api_url.starts_with("http://") && !k.api_url.starts_with("https://"))
        s.wrong("api_url", "with mode = \"external\" this must be the configurable-http-proxy's API, such as \"http://127.0.0.1:8001\"");
    k.api_token_file = s.text("api_token_file", "");
    k.threads = static_cast<int>(s.integer("threads", 0, 0, 256));
    k.trusted_proxies = s.texts("trusted_proxies", k.trusted_proxies);
    for (const auto& cidr : k.trusted_proxies)
        if (!is_cidr(cidr)) s.wrong("trusted_proxies", fmt::format("\"{}\" is not an address or a network such as \"10.0.0.0/8\"", cidr));
    s.finish();
    return k;
}

std::set<std::string, std::less<>> name_set(std::vector<std::string> list) { return {list.begin(), list.end()}; }

login_keys read_login(section s, const hub_keys& hub) {
    login_keys k;
    k.method = s.one_of("method", "dummy", {"oidc", "pam", "dummy", "header"});
    k.dummy_password = s.hidden("dummy_password");
    k.dummy_anywhere = s.flag("dummy_anywhere", false);
    k.rules.allow_all = s.flag("allow_all", false);
    k.rules.allowed_users = name_set(read_users(s, "allowed_users"));
    k.rules.allowed_groups = name_set(s.texts("allowed_groups"));
    k.rules.admin_groups = name_set(s.texts("admin_groups"));
    k.rules.blocked_users = name_set(read_users(s, "blocked_users"));
    // The provider's table counts for service accounts too, whatever the way in which people sign in.
    if (auto t = s.table("oidc")) k.oidc = read_oidc(std::move(*t));
    else if (k.method == "oidc") s.missing("oidc", "[login.oidc] names the identity provider: issuer, client_id and client_secret");
    if (auto t = s.table("header")) k.header = read_header(std::move(*t));
    if (k.method == "dummy" && !k.dummy_anywhere && !is_loopback(hub.listen))
        s.wrong("method", fmt::format("\"dummy\" lets anybody in by any password, and [hub] listen = \"{}\" is not loopback; choose another "
                                      "method, or set dummy_anywhere = true if that is what you want", hub.listen));
    s.finish();
    return k;
}

auth::custom_scopes read_custom_scopes(section& root, report& to) {
    std::vector<auth::custom_scope> all;
    unsigned line = 0;
    for (auto& s : root.tables("custom_scope")) {
        line = line ? line : s.line();
        all.push_back({s.text("name", ""), s.text("description", ""), s.texts("subscopes")});
        s.finish();
    }
    auto made = auth::make_custom_scopes(std::move(all));
    if (made) return std::move(*made);
    to.add(line, "custom_scope", made.error().message);
    return {};
}

std::vector<auth::role> read_roles(section& root, const auth::custom_scopes& custom, report& to) {
    std::vector<auth::role> out;
    for (auto& s : root.tables("role")) {
        auth::role r;
        r.name = s.text("name", "");
        if (r.name.empty()) s.missing("name", "every role has one");
        r.description = s.text("description", "");
        r.scopes = s.texts("scopes");
        r.users = read_users(s, "users");
        r.groups = s.texts("groups");
        r.services = s.texts("services");
        s.finish();
        std::vector<auth::role> one(1, r);
        if (auto ok = auth::make_roles(one, custom); !ok) to.add(s.line(), "role", ok.error().message);
        out.push_back(std::move(r));
    }
    return out;
}

void check_service_roles(const configuration& c, report& to) {
    auto known = auth::make_roles(c.roles, c.custom_scopes);
    if (!known) return; // told already
    for (const auto& s : c.services)
        for (const auto& word : s.what.allowed_scopes)
            if (auto ok = auth::check_known(std::vector<std::string>(1, word), c.custom_scopes); !ok && !known->contains(word))
                to.add(0, "service.oauth_client_allowed_scopes",
                       fmt::format("service \"{}\": {}; nor is it a role's name", s.what.name, ok.error().message));
    for (const auto& s : c.services)
        for (const auto& name : s.what.roles)
            if (!known->contains(name))
                to.add(0, "service.roles", fmt::format("service \"{}\" has the role \"{}\", which does not exist", s.what.name, name));
}

void read_log(section s, configuration& c) {
    static const std::vector<std::string> levels{"debug", "info", "warning", "error"};
    const auto level = s.one_of("level", "info", levels);
    c.level = static_cast<log_level>(std::ranges::find(levels, level) - levels.begin());
    c.format = s.one_of("format", "text", {"text", "json"}) == "json" ? log_format::json : log_format::text;
    s.finish();
}

// Whoever reaches the front door past the proxy could name themselves.
// A cluster that works with users' own tokens, where nobody has any.
void check_tokens(const configuration& c, report& to) {
    if (c.login.method == "oidc" || !c.service_accounts.empty()) return;
    for (const auto& k : c.clusters)
        if (k.backend == "firecrest" || k.identity == "jwt")
            to.add(0, "cluster." + k.name, "works with tokens of an identity provider: set [login] method = \"oidc\", or a [[service_account]]");
}

void check_header_sign_in(const configuration& c, report& to) {
    if (c.login.method != "header") return;
    if (c.proxy.trusted_proxies.empty())
        to.add(0, "login.method", "\"header\" believes trusted proxies alone, and [proxy] trusted_proxies is empty; name the proxy's address there");
    if (c.proxy.external)
        to.add(0, "login.method", "\"header\" needs the hub's own front door, which takes the header away from strangers; set [proxy] mode = \"own\"");
}

template<class Read>
void if_there(section& root, std::string_view key, Read&& use) {
    if (auto s = root.table(key)) use(std::move(*s));
}

configuration read_all(const toml::table& file, report& to) {
    configuration c;
    section root(file, "", to);
    if_there(root, "hub", [&](section s) { c.hub = read_hub(std::move(s)); });
    if_there(root, "tls", [&](section s) { c.tls = read_tls(std::move(s)); });
    if_there(root, "proxy", [&](section s) { c.proxy = read_proxy(std::move(s)); });
    if_there(root, "secrets", [&](section s) {
        c.cookie_secret_file = s.text("cookie_secret_file", "");
        c.vault_keys_file = read_vault_keys_file(s);
        s.finish();
    });
    if (auto s = root.table("login"))
        c.login = read_login(std::move(*s), c.hub);
    else if (!is_loopback(c.hub.listen))
        to.add(0, "login", "missing; without [login] anybody may come in, and [hub] listen is not loopback");
    c.login.rules.admin_users = name_set(c.hub.admin_users);
    if_there(root, "credentials", [&](section s) { c.credentials = read_credentials(std::move(s)); });
    c.service_accounts = read_service_accounts(root, c.login.oidc);
    check_header_sign_in(c, to);
    c.custom_scopes = read_custom_scopes(root, to);
    c.services = read_services(root, c.custom_scopes);
    c.roles = read_roles(root, c.custom_scopes, to);
    check_service_roles(c, to);
    c.clusters = read_clusters(root, c.service_accounts);
    check_tokens(c, to);
    if_there(root, "announcement", [&](section s) {
        c.site = {s.text("home", ""), s.text("login", ""), s.text("spawn", "")};
        s.finish();
    });
    if_there(root, "log", [&](section s) { read_log(std::move(s), c); });
    if (c.clusters.empty()) c.clusters.push_back(built_in_cluster());
    for (const auto& k : c.clusters) c.catalogue.clusters[k.name] = k.defaults;
    if_there(root, "culler", [&](section s) {
        c.culling.interval = s.span("interval", c.culling.interval, 100ms);
        c.culling.general = read_cull_limits(s);
        s.finish();
    });
    c.catalogue.profiles = read_profiles(root, c.clusters, c.culling);
    root.finish();
    return c;
}

} // namespace

std::expected<configuration, std::vector<problem>> read(const std::string& file) {
    report to{file, {}};
    configuration c;
    if (file.empty()) {
        c.clusters.push_back(built_in_cluster());
        c.catalogue.clusters[c.clusters.front().name] = {};
        c.login.rules.allow_all = true;
        return c;
    }
    try {
        const auto table = toml::parse_file(file);
        c = read_all(table, to);
        c.keys = digests_of(table);
    } catch (const toml::parse_error& e) {
        to.add(e.source().begin.line, "", std::string(e.description()));
    }
    c.file = file;
    if (!to.problems.empty()) return std::unexpected(std::move(to.problems));
    return c;
}

} // namespace berth::config
