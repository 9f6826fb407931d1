// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/forms.hpp"
#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/web_address.hpp"
#include "hubapi/model/authenticate.hpp"
#include "hubapi/oauth/clients.hpp"
#include "hubapi/oauth/provider.hpp"
#include "hubapi/pages/handlers.hpp"
#include "hubapi/pages/headers.hpp"
#include "hubapi/pages/render.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;

namespace {

std::string query_value(const request& r, std::string_view name) { return http::find_value(r.query, name).value_or(""); }

// A redirect address may have a query of its own (RFC 6749 section 3.1.2).
std::string with_query(const std::string& address, const std::string& more) {
    return address + (address.find('?') == std::string::npos ? "?" : "&") + more;
}

// RFC 6749 appendix B; a space is "+", as JupyterHub's clients have always got it.
std::string form_encoded(std::string_view value) { return replaced(percent_encode(value), "%20", "+"); }

// RFC 6749 section 4.1.2.1: told to the client by the browser, with the state as it came.
response refuse_at_client(const request& r, const std::string& redirect, std::string_view error) {
    auto url = with_query(redirect, "error=" + std::string(error));
    if (const auto state = http::find_value(r.query, "state")) url += "&state=" + form_encoded(*state);
    return http::make_redirect(std::move(url));
}

// RFC 7636 section 4.4.1, in JupyterHub's words; "" when the challenge is good, or there is none and none is due.
std::string_view pkce_error(const grant& g, bool due) {
    if (due && g.challenge.empty()) return "invalid_request&error_description=Code+challenge+required.";
    if (g.challenge_method != "plain" && g.challenge_method != "S256") return "invalid_request&error_description=Transform+algorithm+not+supported.";
    return g.challenge.size() > 128 ? "invalid_request" : "";
}

// Consent is not asked for one's own server, where the configuration says so, nor again while a token of the client is
// there that may do as much.
bool consent_due(hub& h, const principal& who, const oauth_client& client, const std::vector<std::string>& wanted) {
    if (!client.confirm || (client.service.empty() && client.key.user_id == who.user_id)) return false;
    return std::ranges::none_of(h.tokens.of_user(who.user_id), [&](const auto* t) {
        const auto has = [&](const auto& scope) { return std::ranges::find(t->scopes, scope) != t->scopes.end(); };
        return t->client_id == client.id && t->server == client.server && std::ranges::all_of(wanted, has);
    });
}

// Of the client's wishes those that the form brings back; whose token it is and the access itself are no wishes.
void keep_consented(std::vector<std::string>& wanted, const http::name_values& form) {
    const auto left_out = [&](const std::string& scope) { return std::ranges::find(form, std::pair(std::string("scopes"), scope)) == form.end(); };
    wanted.erase(std::remove_if(wanted.begin() + always_granted, wanted.end(), left_out), wanted.end());
}

// Whether the form brings back what the page does not hold and the client may not ask for.
bool consents_to_more(const http::name_values& form, const std::vector<std::string>& wanted, const oauth_client& client) {
    return std::ranges::any_of(form, [&](const auto& field) {
        const auto has = [&](const auto& list) { return std::ranges::find(list, field.second) != list.end(); };
        return field.first == "scopes" && !has(wanted) && !has(client.allowed_scopes);
    });
}

// The client that the request names; by its redirect URI where two have the same id.
std::optional<oauth_client> client_of(hub& h, const request& r) {
    auto all = clients_of(h, query_value(r, "client_id"));
    if (all.empty()) return std::nullopt;
    const auto at = std::ranges::find(all, query_value(r, "redirect_uri"), &oauth_client::redirect_path);
    return std::move(at == all.end() ? all.front() : *at);
}

response consent_page(hub& h, const pages::renderer& pages, const request& r, const principal& who, const oauth_client& client,
                      const std::vector<std::string>& wanted) {
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
    for (const auto& s : wanted) {
        const auto filter = s.find('!');
        v.scopes.push_back({s, std::string(auth::describe(s, h.may.custom_scopes())), filter == std::string::npos ? "" : s.substr(filter + 1)});
    }
    auto out = http::make_html(200, pages.consent(f, v));
    pages::protect(out, h.hub_path("security/csp-report"), true);
    if (const auto origin = origin_of(client.redirect_path); !origin.empty()) // browsers ask it of the form's redirect too
        out.headers.set("Content-Security-Policy", replaced(pages::content_security_policy(h.hub_path("security/csp-report")), "form-action 'self'",
                                                            "form-action 'self' " + origin));
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
    grant g{who->user_id, client->id, client->server, redirect, who->session_id, {}, query_value(r, "code_challenge"),
            query_value(r, "code_challenge_method")};
    if (g.challenge_method.empty()) g.challenge_method = "plain";
    if (const auto wrong = pkce_error(g, hub_.config.oauth_require_pkce); !wrong.empty()) co_return refuse_at_client(r, redirect, wrong);
    if (!may_access(hub_, *who, *client))
        co_return pages::error_page(hub_, pages_, r, 403, "You do not have permission to access " + client->description + ".", "Ask its owner or an administrator of the hub.");
    auto wanted = grantable(*client, *who, query_value(r, "scope"), hub_.may, hub_.who);
    if (!wanted) co_return refuse_at_client(r, redirect, "invalid_scope");
    g.scopes = std::move(*wanted);
    // A script of somebody's server on this origin gets neither a code nor the page with the token for one.
    const auto form = http::read_form(r);
    if (auth::session_store::needs_xsrf(r)) {
        const auto ok = hub_.sessions.check_xsrf(r, form ? http::find_value(*form, "_xsrf") : std::nullopt);
        if (!ok) co_return pages::error_page(hub_, pages_, r, 403, ok.error().message, "Go back, reload the page and try again.");
    }
    if (r.method != "POST" && consent_due(hub_, *who, *client, g.scopes)) {
        co_return consent_page(hub_, pages_, r, *who, *client, g.scopes);
    }
    if (r.method == "POST") {
        const auto fields = form.value_or(http::name_values{});
        if (consents_to_more(fields, g.scopes, *client)) co_return refuse_at_client(r, redirect, "invalid_scope");
        keep_consented(g.scopes, fields);
    }
    auto url = with_query(redirect, "code=" + codes_.issue(std::move(g)));
    if (const auto state = http::find_value(r.query, "state")) url += "&state=" + form_encoded(*state);
    co_return http::make_redirect(std::move(url));
}

} // namespace berth::hub
