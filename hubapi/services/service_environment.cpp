// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/services/service_environment.hpp"

#include "hubapi/model/urls.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <pwd.h>
#include <unistd.h>
#include <vector>

namespace berth::hub {

std::map<std::string, std::string> service_environment(const settings& config, const service& s,
                                                       std::map<std::string, std::string> base,
                                                       const secret& token) {
    auto e = std::move(base);
    for (const auto& [name, value] : s.environment) e[name] = value;
    const std::string value(token.reveal());
    const auto prefix = service_path(config.base_url, s.name);
    const auto scopes =
        nlohmann::json::array({"access:services", "access:services!service=" + s.name}).dump();
    e["JUPYTERHUB_SERVICE_NAME"] = s.name;
    e["JUPYTERHUB_API_TOKEN"] = value;
    e["JPY_API_TOKEN"] = value;
    e["JUPYTERHUB_API_URL"] = config.connect_url + config.base_url + "hub/api";
    e["JUPYTERHUB_BASE_URL"] = config.base_url;
    e["JUPYTERHUB_HOST"] = "";
    e["JUPYTERHUB_CLIENT_ID"] = s.client_id;
    e["JUPYTERHUB_OAUTH_CALLBACK_URL"] = s.redirect_uri;
    e["JUPYTERHUB_OAUTH_ACCESS_SCOPES"] = scopes;
    e["JUPYTERHUB_OAUTH_SCOPES"] = scopes;
    e["JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES"] = nlohmann::json(s.allowed_scopes).dump();
    e["JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED"] = "0";
    e["JUPYTERHUB_PUBLIC_HUB_URL"] =
        config.public_url.empty() ? "" : config.public_url + config.base_url + "hub/";
    if (s.url.empty()) return e;
    e["JUPYTERHUB_SERVICE_URL"] = s.url;
    e["JUPYTERHUB_SERVICE_PREFIX"] = prefix;
    e["JUPYTERHUB_PUBLIC_URL"] = config.public_url.empty() ? "" : config.public_url + prefix;
    return e;
}

std::map<std::string, std::string> kept_environment(const std::string& user) {
    std::map<std::string, std::string> e{{"PATH", "/usr/local/bin:/usr/bin:/bin"}};
    for (const char* name :
         {"PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_ROOT", "CONDA_DEFAULT_ENV"})
        if (const char* value = std::getenv(name); value && *value) e[name] = value;
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> buffer(16'384);
    if (user.empty())
        ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
    else
        ::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (!found) return e;
    e["USER"] = entry.pw_name;
    e["HOME"] = entry.pw_dir;
    e["SHELL"] = entry.pw_shell;
    return e;
}

} // namespace berth::hub
