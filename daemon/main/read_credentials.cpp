// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/read_credentials.hpp"

#include <boost/url/parse.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace berth::config {

namespace {

bool is_http_url(std::string_view text) {
    const auto url = boost::urls::parse_uri(text);
    return url && (url->scheme() == "https" || url->scheme() == "http") && !url->host().empty();
}

std::string read_url(section& s, std::string_view key) {
    auto text = s.text(key, "");
    if (!text.empty() && !is_http_url(text)) s.wrong(key, fmt::format("\"{}\" must be an address such as \"https://sso.example.org/realms/hpc\"", text));
    return text;
}

bool has_hidden(const section& s, const std::string& key) { return s.has(key) || s.has(key + "_file") || s.has(key + "_env"); }

} // namespace

oidc_keys read_oidc(section s) {
    oidc_keys k;
    k.issuer = read_url(s, "issuer");
    k.authorize_url = read_url(s, "authorize_url");
    k.token_url = read_url(s, "token_url");
    k.userinfo_url = read_url(s, "userinfo_url");
    k.jwks_url = read_url(s, "jwks_url");
    k.end_session_url = read_url(s, "end_session_url");
    k.ca_file = s.text("ca_file", "");
    const bool by_hand = !k.authorize_url.empty() && !k.token_url.empty() && !k.jwks_url.empty();
    if (k.issuer.empty() && !by_hand) s.missing("issuer", "give it, or all of authorize_url, token_url and jwks_url");
    k.client_id = s.text("client_id", "");
    if (k.client_id.empty()) s.missing("client_id", "it is the client's name at the identity provider");
    k.client_secret = s.hidden("client_secret");
    if (!has_hidden(s, "client_secret")) s.missing("client_secret", "give it as client_secret_file, client_secret_env or client_secret");
    k.scopes = s.texts("scopes", k.scopes);
    k.username_claim = s.text("username_claim", k.username_claim);
    if (k.username_claim.empty()) s.wrong("username_claim", "must name the claim that holds the user's name");
    k.groups_claim = s.text("groups_claim", k.groups_claim);
    k.admin_claim = s.text("admin_claim", "");
    k.pkce = s.flag("pkce", k.pkce);
    k.logout_at_provider = s.flag("logout_at_provider", k.logout_at_provider);
    s.finish();
    return k;
}

header_keys read_header(section s) {
    header_keys k;
    k.user_header = s.text("user_header", k.user_header);
    k.groups_header = s.text("groups_header", "");
    if (k.user_header.empty()) s.wrong("user_header", "must name the request header that holds the user's name");
    s.finish();
    return k;
}

credential_keys read_credentials(section s) {
    using namespace std::chrono_literals;
    credential_keys k;
    k.refresh_margin = s.span("refresh_margin", k.refresh_margin, 1s);
    for (auto& r : s.tables("rule")) {
        const auto match = r.text("match", "");
        const auto policy = r.text("policy", "");
        if (match.empty()) r.missing("match", "\"*\", \"service_account\", \"user:NAME\", \"group:NAME\" or \"role:NAME\"");
        if (policy.empty()) r.missing("policy", "\"require\", \"try\", \"none\" or \"client_credentials\"");
        if (match.empty() || policy.empty()) {
            r.finish();
            continue;
        }
        auto rule = auth::parse_credential_rule(match, policy);
        if (rule)
            k.rules.push_back(std::move(*rule));
        else
            r.wrong(rule.error().message.starts_with("policy") ? "policy" : "match", rule.error().message);
        r.finish();
    }
    s.finish();
    return k;
}

std::vector<auth::service_account> read_service_accounts(section& root, const oidc_keys& oidc) {
    std::vector<auth::service_account> out;
    for (auto& s : root.tables("service_account")) {
        auth::service_account a;
        const auto name = s.text("user", "");
        if (name.empty()) s.missing("user", "it is the hub user that the account is");
        const auto good = auth::normalise_username(name);
        if (!name.empty() && !good) s.wrong("user", good.error().message);
        a.user = good.value_or(name);
        if (std::ranges::find(out, a.user, &auth::service_account::user) != out.end())
            s.wrong("user", fmt::format("there are two service accounts of \"{}\"", a.user));
        a.token_url = read_url(s, "token_url");
        if (a.token_url.empty() && oidc.issuer.empty() && oidc.token_url.empty())
            s.missing("token_url", "give it, or the identity provider's issuer in [login.oidc]");
        a.client.id = s.text("client_id", "");
        if (a.client.id.empty()) s.missing("client_id", "it is the client's name at the identity provider");
        a.client.password = s.hidden("client_secret");
        if (!has_hidden(s, "client_secret")) s.missing("client_secret", "give it as client_secret_file, client_secret_env or client_secret");
        a.scopes = s.texts("scopes");
        a.accept_bearer = s.flag("accept_bearer", a.accept_bearer);
        a.bearer_audience = s.text("bearer_audience", "");
        s.finish();
        out.push_back(std::move(a));
    }
    return out;
}

} // namespace berth::config
