// SPDX-License-Identifier: BSD-3-Clause
// /hub/api: one file a resource, each with its own table of routes.
#pragma once

#include "daemon/http/router.hpp"
#include "hubapi/model/hub.hpp"

namespace berth::hub {

void add_root_routes(http::router& routes, hub& h);      // version, info, who am I, health, shutdown
void add_user_routes(http::router& routes, hub& h);      // users
void add_user_list_routes(http::router& routes, hub& h); // GET /users: filters, sort, pages
void add_activity_routes(http::router& routes, hub& h);
void add_token_routes(http::router& routes, hub& h);
void add_group_routes(http::router& routes, hub& h);
void add_server_routes(http::router& routes, hub& h);    // look, define, change
void add_start_stop_routes(http::router& routes, hub& h); // one, or many at once
void add_share_routes(http::router& routes, hub& h);     // what is shared with whom
void add_share_code_routes(http::router& routes, hub& h); // invitations
void add_progress_routes(http::router& routes, hub& h);
void add_event_routes(http::router& routes, hub& h);     // what changes, as it does
void add_callback_routes(http::router& routes, hub& h);  // a job tells its port
void add_service_routes(http::router& routes, hub& h);
void add_proxy_routes(http::router& routes, hub& h);
void add_credential_routes(http::router& routes, hub& h); // tokens of the identity provider
void add_authorization_routes(http::router& routes, hub& h);

// All of the above.
void add_rest_routes(http::router& routes, hub& h);

} // namespace berth::hub
