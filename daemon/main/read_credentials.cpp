// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/read_credentials.hpp"

#include "auth/credentials/vault.hpp"
#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/secret_file.hpp"

#include <boost/url/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>

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

bool has_provider(const oidc_keys& k) { return !k.issuer.empty() || !k.jwks_url.empty(); }

// "" or a header's name (RFC 9110 section 5.6.2) that means nothing else.
std::string read_header_name(section& s, std::string_view key, std::string otherwise) {
    auto name = s.text(key, std::move(otherwise));
    const auto fits = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("!#$%&'*+-.^_`|~").contains(c); };
    static constexpr std::string_view taken[]{"authorization", "cookie", "host", "content-length", "transfer-encoding", "connection"};
    if (!std::ranges::all_of(name, fits))
        s.wrong(key, fmt::format("\"{}\" is no header's name, such as \"X-Remote-User\"", name));
    else if (std::ranges::find(taken, to_lower_ascii(name)) != std::end(taken))
        s.wrong(key, fmt::format("\"{}\" has a meaning of its own; choose a header such as \"X-Remote-User\"", name));
    return name;
}

// Users are named as they are after signing in: "user:Al" is "al".
auth::credential_rule named_as_signed_in(section& s, auth::credential_rule rule) {
    if (rule.match == "*" || rule.match == "service_account" || rule.match.starts_with("group:") || rule.match.starts_with("role:")) return rule;
    const auto name = std::string_view(rule.match).substr(rule.match.starts_with("user:") ? 5 : 0);
    if (auto known = auth::normalise_username(name))
        rule.match = "user:" + *known;
    else
        s.wrong("match", fmt::format("\"{}\" is nobody's name: {}", name, known.error().message));
    return rule;
}

// Whose bearer token it is must be plain: a client has one account, and no person's sign-in goes through it.
void check_bearer(section& s, const auth::service_account& a, const std::vector<auth::service_account>& others, const oidc_keys& oidc) {
    if (!a.accept_bearer || a.client.id.empty()) return;
    if (!has_provider(oidc))
        s.wrong("accept_bearer", "needs the provider's keys to verify such tokens; give [login.oidc] issuer, or set accept_bearer = false");
    if (a.client.id == oidc.client_id)
        s.wrong("client_id", fmt::format("\"{}\" is also the client of [login.oidc]: the token of everybody who signs in would be good as \"{}\"; register a "
                                         "client of its own, or set accept_bearer = false", a.client.id, a.user));
    for (const auto& other : others)
        if (other.accept_bearer && other.client.id == a.client.id)
            s.wrong("client_id", fmt::format("\"{}\" is also the client of \"{}\": whose token it is could not be told; give each its own, or set "
                                             "accept_bearer = false for one", a.client.id, other.user));
}

} // namespace

std::string read_vault_keys_file(section& s) {
    auto path = s.text("vault_keys_file", "");
    if (path.empty()) return path;
    const auto text = read_secret_file(path);
    if (!text) {
        s.wrong("vault_keys_file", text.error().message + "; make it with `openssl rand -hex 32 > FILE && chmod 600 FILE`");
        return path;
    }
    if (auto keys = auth::vault::from_text(text->reveal()); !keys) s.wrong("vault_keys_file", path + ": " + keys.error().message);
    return path;
}

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
    k.roles_claim = s.text("roles_claim", "");
    k.admin_claim = s.text("admin_claim", "");
    k.pkce = s.flag("pkce", k.pkce);
    k.logout_at_provider = s.flag("logout_at_provider", k.logout_at_provider);
    s.finish();
    return k;
}

header_keys read_header(section s) {
    header_keys k;
    k.user_header = read_header_name(s, "user_header", k.user_header);
    k.groups_header = read_header_name(s, "groups_header", "");
    if (!k.user_header.empty() && iequals(k.user_header, k.groups_header)) s.wrong("groups_header", "must be another header than user_header");
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
            k.rules.push_back(named_as_signed_in(r, std::move(*rule)));
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
        a.accept_bearer = s.flag("accept_bearer", has_provider(oidc));
        a.bearer_audience = s.text("bearer_audience", "");
        check_bearer(s, a, out, oidc);
        s.finish();
        out.push_back(std::move(a));
    }
    return out;
}

} // namespace berth::config
