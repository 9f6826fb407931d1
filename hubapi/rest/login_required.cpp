// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/rest/login_required.hpp"

#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/json_writer.hpp"
#include "hubapi/model/models.hpp"
#include "hubapi/model/urls.hpp"

namespace berth::hub {

http::response login_required_answer(hub& h, std::string_view user, std::string_view server, const failure& why) {
    const auto next = spawn_path(h.config.base_url, user, server);
    const auto url = h.config.public_url + h.hub_path("oauth_login?next=") + percent_encode(next);
    return http::make_json(403, to_json([&](json_writer& w) {
        w.open('{').key("status").number(403).key("message").text(why.message).key("reason").text("login_required");
        w.key("credential").text(h.identity.provider_name).key("login_url").text(url).close('}');
    }));
}

} // namespace berth::hub
