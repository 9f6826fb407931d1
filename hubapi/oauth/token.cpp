// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/forms.hpp"
#include "hubapi/model/json_writer.hpp"
#include "hubapi/oauth/clients.hpp"
#include "hubapi/oauth/provider.hpp"

#include <algorithm>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;

namespace {

response oauth_answer(int status, std::string body) {
    auto out = http::make_json(status, std::move(body));
    out.headers.set("Cache-Control", "no-store");
    out.headers.set("Pragma", "no-cache");
    return out;
}

// RFC 6749 section 5.2.
response oauth_error(int status, std::string_view error, std::string_view description = {}) {
    std::string body;
    json_writer w(body);
    w.open('{').key("error").text(error);
    if (!description.empty()) w.key("error_description").text(description);
    w.close('}');
    auto out = oauth_answer(status, std::move(body));
    if (status == 401) out.headers.set("WWW-Authenticate", "Bearer error=\"" + std::string(error) + "\"");
    return out;
}

// The client that proves to be the one; ids alone may mean two.
std::optional<oauth_client> client_of(hub& h, const std::string& id, const std::string& client_secret) {
    for (auto& one : clients_of(h, id))
        if (is_secret_of(h, one, client_secret)) return std::move(one);
    return std::nullopt;
}

// The browser that got the code is still signed in: a code does not outlive its session.
bool session_lives(const hub& h, const grant& g) {
    const auto all = h.sessions.of_user(g.user_id);
    return h.who.find(g.user_id) && std::ranges::find(all, g.session_id, &auth::session::session_id) != all.end();
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& w : words) out += (out.empty() ? "" : " ") + w;
    return out;
}

// `scopes` as they were granted, not what follows from them: so JupyterHub tells them.
response token_answer(const auth::token_store::issued& made, const std::vector<std::string>& scopes, duration lifetime) {
    std::string body;
    json_writer w(body);
    w.open('{').key("access_token").text(made.value.reveal());
    w.key("expires_in").number(std::chrono::duration_cast<std::chrono::seconds>(lifetime).count()).key("token_type").text("Bearer");
    w.key("scope").text(joined(scopes)).close('}');
    return oauth_answer(200, std::move(body));
}

} // namespace

asio::awaitable<response> oauth_provider::token(request r) {
    const auto form = http::read_form(r);
    if (!form) co_return oauth_error(400, "unsupported_grant_type"); // no form, no grant type: as JupyterHub says it
    const auto value = [&](std::string_view name) { return http::find_value(*form, name).value_or(""); };
    if (value("grant_type") == "refresh_token") co_return oauth_error(400, "invalid_request", "There are no refresh tokens.");
    if (value("grant_type") != "authorization_code") co_return oauth_error(400, "unsupported_grant_type");
    const auto code = value("code");
    if (!http::find_value(*form, "code")) co_return oauth_error(400, "invalid_request", "Missing code parameter.");
    const auto client = client_of(hub_, value("client_id"), value("client_secret"));
    if (!client) co_return oauth_error(401, "invalid_client");
    const auto* found = codes_.find(code);
    if (!found || found->client_id != client->id || found->server != client->server) co_return oauth_error(400, "invalid_grant");
    if (const auto uri = http::find_value(*form, "redirect_uri"); uri && *uri != found->redirect_uri)
        co_return oauth_error(400, "invalid_request", "Mismatching redirect URI.");
    // The switch may have come after the code. RFC 7636 section 4.6.
    const bool pkce_due = !found->challenge.empty() || hub_.config.oauth_require_pkce;
    if (pkce_due && !http::find_value(*form, "code_verifier")) co_return oauth_error(400, "invalid_request", "Code verifier required.");
    if (found->challenge.empty() && pkce_due) co_return oauth_error(400, "invalid_grant", "Challenge not found");
    if (!pkce_matches(*found, value("code_verifier"))) co_return oauth_error(400, "invalid_grant");
    const grant g = *found;
    codes_.use_up(code); // before anything waits: a code is good once
    if (!session_lives(hub_, g)) co_return oauth_error(400, "invalid_grant");
    auth::token_record t;
    t.user_id = g.user_id;
    t.client_id = client->id;
    t.session_id = g.session_id;
    t.note = client->description;
    t.scopes = g.scopes;
    t.server = client->server;
    const auto lifetime = hub_.config.cookie_max_age;
    t.expires_at = hub_.time.now() + lifetime;
    auto made = co_await hub_.tokens.issue(std::move(t));
    if (!made) co_return oauth_error(503, "temporarily_unavailable", made.error().message);
    co_return token_answer(*made, g.scopes, lifetime);
}

} // namespace berth::hub
