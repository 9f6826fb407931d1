// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/urls.hpp"

#include "daemon/runtime/encoding.hpp"

#include <algorithm>

namespace berth::hub {
namespace {

std::string below(std::string_view base, std::string_view where, std::string_view user, std::string_view server) {
    auto out = std::string(base) + std::string(where) + escape_name(user);
    if (!server.empty()) out += "/" + escape_name(server);
    return out;
}

} // namespace

std::string escape_name(std::string_view name) { return percent_encode(name, "@~"); }

std::string server_path(std::string_view base, std::string_view user, std::string_view server) {
    return below(base, "user/", user, server) + "/";
}

std::string service_path(std::string_view base, std::string_view service) { return std::string(base) + "services/" + escape_name(service) + "/"; }

std::string service_callback_path(std::string_view base, std::string_view service) { return service_path(base, service) + "oauth_callback"; }

std::string server_api_path(std::string_view base, std::string_view user, std::string_view server) {
    const auto owner = std::string(base) + "hub/api/users/" + escape_name(user);
    return server.empty() ? owner + "/server" : owner + "/servers/" + escape_name(server);
}

std::string progress_path(std::string_view base, std::string_view user, std::string_view server) {
    return server_api_path(base, user, server) + "/progress";
}

std::string spawn_path(std::string_view base, std::string_view user, std::string_view server) {
    return below(base, "hub/spawn/", user, server);
}

std::string spawn_pending_path(std::string_view base, std::string_view user, std::string_view server) {
    return below(base, "hub/spawn-pending/", user, server);
}

std::string oauth_client_id(std::string_view user, std::string_view server) {
    auto out = "jupyterhub-user-" + percent_encode(user, "/");
    if (!server.empty()) out += "-" + percent_encode(server, "/");
    return out;
}

std::string full_name(std::string_view user, std::string_view server) {
    return std::string(user) + "/" + std::string(server);
}

std::string safe_next(std::string_view next, std::string_view scheme, std::string_view host) {
    std::string path(next);
    const auto own = std::string(scheme) + "://" + std::string(host);
    if (!host.empty() && path.starts_with(own + "/")) path.erase(0, own.size());
    if (path.size() > 4096 || !path.starts_with('/')) return "";
    // Browsers read "//host" and "/\host" as another host's address, and skip tabs and line ends before they decide.
    if (path.starts_with("//") || path.find('\\') != std::string::npos) return "";
    if (std::ranges::any_of(path, [](unsigned char c) { return c <= ' ' || c == 0x7f; })) return "";
    return path;
}

} // namespace berth::hub
