// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/forms.hpp"
#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/authenticate.hpp"
#include "hubapi/model/launcher.hpp"
#include "hubapi/oauth/provider.hpp"
#include "hubapi/pages/handlers.hpp"
#include "hubapi/pages/headers.hpp"
#include "hubapi/pages/render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;

namespace {

std::string query_value(const request& r, std::string_view name) { return http::find_value(r.query, name).value_or(""); }

// RFC 6749 section 4.1.2.1: told to the client by the browser, with the state as it came.
response refuse_at_client(const request& r, const std::string& redirect, std::string_view error) {
    auto url = redirect + "?error=" + std::string(error);
    if (const auto state = http::find_value(r.query, "state")) url += "&state=" + percent_encode(*state);
    return http::make_redirect(std::move(url));
}

// What a token of this client always says, and what it is for.
std::vector<std::string> granted_scopes(const oauth_client& client) {
    return {"access:servers!server=" + client.server, "read:users:name!user", "read:users:groups!user"};
}

// The scopes asked for by name; false when one of them is not for this client to ask.
bool may_ask(const std::string& asked, const oauth_client& client) {
    const auto allowed = granted_scopes(client);
    std::istringstream words(asked);
    for (std::string word; words >> word;)
        if (word != "identify" && word != "access:servers!server" && std::ranges::find(allowed, word) == allowed.end()) return false;
    return true;
}

// Consent is not asked for one's own server, nor again while a token of the client is there.
bool consent_due(hub& h, const principal& who, const oauth_client& client) {
    if (client.key.user_id == who.user_id) return false;
    const auto mine = h.tokens.of_user(who.user_id);
    return std::ranges::none_of(mine, [&](const auto* t) { return t->client_id == client.id && t->server == client.server; });
}

// The client that the request names; by its redirect URI where two have the same id.
std::optional<oauth_client> client_of(hub& h, const request& r) {
    auto all = find_clients(query_value(r, "client_id"), h.who, h.servers);
    if (all.empty()) return std::nullopt;
    const auto at = std::ranges::find(all, query_value(r, "redirect_uri"), &oauth_client::redirect_path);
    return std::move(at == all.end() ? all.front() : *at);
}

response consent_page(hub& h, const pages::renderer& pages, const request& r, const principal& who, const oauth_client& client) {
    response cookies;
    pages::frame f;
    f.user = who.name;
    f.request_id = r.id;
    f.xsrf = h.sessions.xsrf_token(r, cookies);
    pages::consent_view v;
    v.app = client.description;
    v.action = r.target;
    v.user = who.name;
    v.deny_url = h.hub_path("home");
    for (const auto& s : granted_scopes(client)) {
        const auto filter = s.find('!');
        v.scopes.push_back({s, std::string(auth::describe(s.substr(0, filter))), s.substr(filter + 1)});
    }
    auto out = http::make_html(200, pages.consent(f, v));
    pages::protect(out, h.hub_path("security/csp-report"), true);
    for (const auto& [name, value] : cookies.headers) out.headers.add(name, value);
    return out;
}

} // namespace

oauth_provider::oauth_provider(hub& h, const pages::renderer& pages) : hub_(h), pages_(pages), codes_(h.time) {}

void oauth_provider::add_routes(http::router& routes) {
    routes.add("GET", "/hub/api/oauth2/authorize", [this](request r) { return authorize(std::move(r)); });
    routes.add("POST", "/hub/api/oauth2/authorize", [this](request r) { return authorize(std::move(r)); });
    routes.add("POST", "/hub/api/oauth2/token", [this](request r) { return token(std::move(r)); });
}

asio::awaitable<response> oauth_provider::authorize(request r) {
    const auto who = authenticate_cookie(hub_, r);
    if (!who) co_return http::make_redirect(hub_.hub_path("login?next=") + percent_encode(r.target));
    const auto client = client_of(hub_, r);
    if (!client)
        co_return pages::error_page(hub_, pages_, r, 400, "Invalid client_id parameter value.", "The server that sent you here is not running any more. Start it again from your home page.");
    const auto redirect = http::find_value(r.query, "redirect_uri").value_or(client->redirect_path);
    if (redirect != client->redirect_path)
        co_return pages::error_page(hub_, pages_, r, 400, "Mismatching redirect URI.", "The link that sent you here is not this server's own. Open the server from your home page.");
    if (query_value(r, "response_type").empty())
        co_return refuse_at_client(r, redirect, "invalid_request&error_description=Missing+response_type+parameter.");
    if (query_value(r, "response_type") != "code") co_return refuse_at_client(r, redirect, "unsupported_response_type");
    grant g{who->user_id, client->id, client->server, redirect, who->session_id, granted_scopes(*client), query_value(r, "code_challenge"),
            query_value(r, "code_challenge_method")};
    if (g.challenge_method.empty()) g.challenge_method = "plain";
    if (g.challenge.size() > 128 || (g.challenge_method != "plain" && g.challenge_method != "S256")) co_return refuse_at_client(r, redirect, "invalid_request");
    const auto slash = client->server.find('/');
    const auto target = auth::target::of_server(client->server.substr(0, slash), client->server.substr(slash + 1));
    if (!who->scopes->covers("access:servers", target, hub_.who))
        co_return pages::error_page(hub_, pages_, r, 403, "You do not have permission to access " + client->description + ".", "Ask its owner or an administrator of the hub.");
    if (!may_ask(query_value(r, "scope"), *client)) co_return refuse_at_client(r, redirect, "invalid_scope");
    // A script of somebody's server on this origin gets neither a code nor the page with the token for one.
    if (auth::session_store::needs_xsrf(r)) {
        const auto form = http::read_form(r);
        const auto ok = hub_.sessions.check_xsrf(r, form ? http::find_value(*form, "_xsrf") : std::nullopt);
        if (!ok) co_return pages::error_page(hub_, pages_, r, 403, ok.error().message, "Go back, reload the page and try again.");
    }
    if (r.method != "POST" && consent_due(hub_, *who, *client)) {
        co_return consent_page(hub_, pages_, r, *who, *client);
    }
    auto url = redirect + "?code=" + codes_.issue(std::move(g));
    if (const auto state = http::find_value(r.query, "state")) url += "&state=" + percent_encode(*state);
    co_return http::make_redirect(std::move(url));
}

} // namespace berth::hub
