// SPDX-License-Identifier: BSD-3-Clause
// /hub/api/users/{user}/credentials: what the hub keeps of the identity provider for a user, and a fresh access token for
// who may have it.
#include "auth/credentials/service_accounts.hpp"
#include "auth/credentials/user_credentials.hpp"
#include "hubapi/model/json_writer.hpp"
#include "hubapi/model/models.hpp"
#include "hubapi/model/spawn_credentials.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/login_required.hpp"
#include "hubapi/rest/routes.hpp"

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;

namespace {

std::string_view to_text(auth::credential_health health) {
    switch (health) {
    case auth::credential_health::good: return "good";
    case auth::credential_health::stale: return "stale";
    case auth::credential_health::sign_in_again: return "sign_in_again";
    case auth::credential_health::provider_away: return "provider_away";
    case auth::credential_health::misconfigured: return "misconfigured";
    }
    return "good";
}

void write_view(json_writer& w, const auth::credential_view& v) {
    w.open('{').key("session").number(v.session).key("health").text(to_text(v.health)).key("why").text_or_null(v.why);
    w.key("obtained").time(v.obtained).key("refreshed").time(v.refreshed).key("access_expires").time(v.access_expires).close('}');
}

// How the user's credentials stand; no secret in it.
asio::awaitable<response> get_credentials(hub& h, principal caller, request r) {
    const auto name = r.param("user");
    if (auto no = refuse(h, caller, {"read:credentials", "admin:auth_state"}, auth::target::of_user(name))) co_return std::move(*no);
    const auto* u = h.who.find(name);
    if (!u) co_return error_answer(404, "");
    co_return http::make_json(200, to_json([&](json_writer& w) {
        w.open('{').key("user").text(u->name).key("policy").text(auth::to_string(h.identity.spawns->policy_of(*u)));
        w.key("service_account").boolean(h.identity.accounts && h.identity.accounts->has(u->name)).key("sessions").open('[');
        if (h.identity.credentials)
            for (const auto& v : h.identity.credentials->of_user(u->id)) write_view(w, v);
        w.close(']').close('}');
    }));
}

// A token with life in it: for a notebook's own calls to other services.
asio::awaitable<response> get_access_token(hub& h, principal caller, request r) {
    const auto name = r.param("user");
    if (auto no = refuse(h, caller, {"read:credentials"}, auth::target::of_user(name))) co_return std::move(*no);
    const auto* u = h.who.find(name);
    if (!u) co_return error_answer(404, "");
    auto had = co_await h.identity.spawns->access_of(u->id);
    if (!had) co_return had.error().code == errc::login_required ? login_required_answer(h, name, "", had.error()) : error_answer(had.error());
    auto out = http::make_json(200, to_json([&](json_writer& w) {
        w.open('{').key("access_token").text(had->token.reveal()).key("token_type").text("Bearer");
        w.key("expires_at").time(had->expires).close('}');
    }));
    out.headers.set("Cache-Control", "no-store");
    h.log.info("credential.read", {{"user", name}, {"by", caller.is_server ? caller.server : caller.name}});
    co_return out;
}

} // namespace

void add_credential_routes(http::router& routes, hub& h) {
    add_api(routes, h, "GET", "/hub/api/users/{user}/credentials", get_credentials);
    add_api(routes, h, "GET", "/hub/api/users/{user}/credentials/access-token", get_access_token);
}

} // namespace berth::hub
