// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/read_services.hpp"

#include "daemon/runtime/web_address.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace berth::config {
namespace {

void read_name(section& s, service_keys& k, const std::vector<service_keys>& others) {
    auto& name = k.what.name = s.text("name", "");
    if (name.empty()) s.missing("name", "every service has one");
    if (name == "berth-command") s.wrong("name", "\"berth-command\" is the hub's own; choose another name");
    if (name.find('/') != std::string::npos)
        s.wrong("name", "must not hold \"/\": it is a part of /services/NAME/");
    if (std::ranges::any_of(others, [&](const auto& o) { return o.what.name == name; }))
        s.wrong("name", fmt::format("there are two services named \"{}\"", name));
}

void read_token(section& s, service_keys& k) {
    k.api_token = s.hidden("api_token");
    const bool given = s.has("api_token") || s.has("api_token_file") || s.has("api_token_env");
    if (!given && k.what.command.empty())
        s.missing("api_token", "give the service's token as api_token, api_token_file or api_token_env; only "
                               "one that the hub starts (command) gets a new one each time");
    if (!k.api_token.empty() && k.api_token.reveal().size() < 8)
        s.wrong("api_token", "needs at least 8 characters");
}

void read_command(section& s, hub::service& w) {
    w.command = s.texts("command");
    if (s.has("command") && (w.command.empty() || w.command.front().empty()))
        s.wrong("command", "must be a list of a program and its arguments, such as "
                           "[\"jupyterhub-idle-culler\", \"--timeout=3600\"]");
    w.directory = s.text("cwd", "");
    w.user = s.text("user", "");
    w.environment = s.text_map("environment");
    for (const auto& [name, value] : w.environment)
        if (name.empty() || name.find('=') != std::string::npos)
            s.wrong("environment", fmt::format("\"{}\" is not a variable's name", name));
    for (const auto* key : {"cwd", "user", "environment"})
        if (s.has(key) && w.command.empty())
            s.wrong(key, "is for services that the hub starts: give a command, or leave it out");
}

void read_client(section& s, hub::service& w, const std::vector<service_keys>& others) {
    w.client_id = s.text("oauth_client_id", "service-" + w.name);
    if (!w.client_id.starts_with("service-"))
        s.wrong("oauth_client_id", fmt::format("\"{}\" must begin with \"service-\"", w.client_id));
    if (std::ranges::any_of(others, [&](const auto& o) { return o.what.client_id == w.client_id; }))
        s.wrong("oauth_client_id", fmt::format("there are two services with \"{}\"", w.client_id));
    w.redirect_uri = s.text("oauth_redirect_uri", "");
    if (!w.redirect_uri.empty() && !is_redirect_address(w.redirect_uri))
        s.wrong("oauth_redirect_uri",
                fmt::format("\"{}\" must be an address such as \"https://portal.example.org/callback\" or a "
                            "path on the hub",
                            w.redirect_uri));
    w.allowed_scopes = s.texts("oauth_client_allowed_scopes"); // checked when the roles are known
    w.confirm = !s.flag("oauth_no_confirm", false);
}

void read_rights(section& s, hub::service& w, const auth::custom_scopes& custom) {
    w.roles = s.texts("roles");
    w.admin = s.flag("admin", false);
    if (w.admin && std::ranges::find(w.roles, "admin") == w.roles.end()) w.roles.emplace_back("admin");
    w.scopes = s.texts("scopes");
    if (auto ok = auth::check_known(w.scopes, custom); !ok) s.wrong("scopes", ok.error().message);
}

} // namespace

std::vector<service_keys> read_services(section& root, const auth::custom_scopes& custom) {
    std::vector<service_keys> out;
    for (auto& s : root.tables("service")) {
        service_keys k;
        read_name(s, k, out);
        read_command(s, k.what);
        read_token(s, k);
        read_rights(s, k.what, custom);
        k.what.url = s.text("url", "");
        if (!k.what.url.empty() && !is_web_address(k.what.url))
            s.wrong("url", fmt::format(
                               "\"{}\" must be where the service answers, such as \"http://127.0.0.1:10101\"",
                               k.what.url));
        k.what.display = s.flag("display", true);
        if (s.has("info")) k.what.info = nlohmann::json(s.text_map("info")).dump();
        read_client(s, k.what, out);
        s.finish();
        out.push_back(std::move(k));
    }
    return out;
}

} // namespace berth::config
