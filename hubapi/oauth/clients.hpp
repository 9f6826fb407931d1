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

inline constexpr int always_granted = 3; // of what `grantable` answers, the first: the access, the user's name and groups
// What a token for the user will be granted, raw: access, who the user is, and what is asked for, in scopes or
// in names of roles, or all that the client may have where nothing is; of that, what the user has now. Nothing
// when something is asked for that the client may not have.
std::optional<std::vector<std::string>> grantable(const oauth_client& client, const principal& who,
                                                  const std::string& asked, const permissions& may,
                                                  const auth::directory& d);

// The client proves who it is by an API token of its own (hub contract 3.3).
bool is_secret_of(hub& h, const oauth_client& client, const std::string& client_secret);

} // namespace berth::hub
