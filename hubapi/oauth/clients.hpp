// SPDX-License-Identifier: BSD-3-Clause
// Who signs users in with the hub: single-user servers and services.
#pragma once

#include "auth/scopes/scopes.hpp"
#include "hubapi/model/hub.hpp"
#include "hubapi/model/launcher.hpp"

#include <optional>
#include <string>
#include <vector>

namespace berth::hub {

// Those that the id may mean: several for a server's (see find_clients), one at most for a service's.
std::vector<oauth_client> clients_of(const hub& h, const std::string& id);

// "access:servers!server=al/n1", "access:services!service=x": without it nobody is let in, and every token of
// the client has it.
std::string access_scope(const oauth_client& client);
// Whether the user may use the client at all.
bool may_access(hub& h, const principal& who, const oauth_client& client);

// What a token will be granted: access, who the user is, and of the client's allowed scopes those that are
// asked for by name, or all where none is. Nothing when a scope is asked for that the client may not have.
std::optional<std::vector<std::string>> grantable(const oauth_client& client, const std::string& asked);

// The client proves who it is by an API token of its own (hub contract 3.3).
bool is_secret_of(hub& h, const oauth_client& client, const std::string& client_secret);

} // namespace berth::hub
