// SPDX-License-Identifier: BSD-3-Clause
// Addresses that clients rely on (hub contract 1.3, 3.5). `base` begins and ends with "/".
#pragma once

#include <string>
#include <string_view>

namespace berth::hub {

std::string escape_name(std::string_view name);                                        // quote(name, safe='@~')
std::string server_path(std::string_view base, std::string_view user, std::string_view server);    // /user/al/n1/
std::string service_path(std::string_view base, std::string_view service); // /services/culler/
std::string service_callback_path(std::string_view base, std::string_view service); // where OAuth codes go unless it says otherwise
std::string server_api_path(std::string_view base, std::string_view user, std::string_view server); // /hub/api/users/al/servers/n1
std::string progress_path(std::string_view base, std::string_view user, std::string_view server);
std::string spawn_path(std::string_view base, std::string_view user, std::string_view server);         // /hub/spawn/al/n1
std::string spawn_pending_path(std::string_view base, std::string_view user, std::string_view server);
std::string oauth_client_id(std::string_view user, std::string_view server);           // jupyterhub-user-al-n1
std::string full_name(std::string_view user, std::string_view server);                 // "al/", "al/n1"

// Where a browser may be sent after signing in or starting: a path on this hub, or "" when `next` is anything else
// (another host, a scheme, backslashes or control characters; hub contract 4.2). `host` is the request's own host.
std::string safe_next(std::string_view next, std::string_view scheme, std::string_view host);

} // namespace berth::hub
