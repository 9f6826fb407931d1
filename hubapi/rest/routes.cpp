// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/rest/routes.hpp"

namespace berth::hub {

void add_rest_routes(http::router& routes, hub& h) {
    add_root_routes(routes, h);
    add_user_routes(routes, h);
    add_user_list_routes(routes, h);
    add_activity_routes(routes, h);
    add_token_routes(routes, h);
    add_group_routes(routes, h);
    add_server_routes(routes, h);
    add_start_stop_routes(routes, h);
    add_share_routes(routes, h);
    add_share_code_routes(routes, h);
    add_progress_routes(routes, h);
    add_event_routes(routes, h);
    add_callback_routes(routes, h);
    add_service_routes(routes, h);
    add_proxy_routes(routes, h);
    add_credential_routes(routes, h);
    add_authorization_routes(routes, h);
}

} // namespace berth::hub
