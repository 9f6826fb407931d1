// SPDX-License-Identifier: BSD-3-Clause
#include "auth/provider/check.hpp"

#include "auth/provider/requests.hpp"
#include "auth/provider/words.hpp"

#include <fmt/format.h>

namespace berth::auth {
namespace {

namespace asio = boost::asio;

constexpr long tolerable_skew = 30; // seconds

bool travels_in_the_clear(const std::string& url) {
    return url.starts_with("http://") && !url.starts_with("http://127.0.0.1") &&
           !url.starts_with("http://localhost") && !url.starts_with("http://[::1]");
}

provider_finding about_addresses(const provider_metadata& found) {
    for (const auto& url : {found.authorize_url, found.token_url, found.jwks_url, found.userinfo_url})
        if (travels_in_the_clear(url))
            return {false, fmt::format("{} is not https", url), "let the identity provider speak https"};
    return {true, fmt::format("identity provider {}: its addresses are known", found.issuer), ""};
}

provider_finding about_clock(const http_answer& answer, time_point now) {
    const auto* header = answer.header("date");
    const auto there = header ? parse_http_date(*header) : std::nullopt;
    if (!there) return {true, "the identity provider does not tell the time", ""};
    const auto skew = whole_seconds(now - *there);
    if (std::abs(skew) > tolerable_skew)
        return {false,
                fmt::format("this machine's clock is {} s {} the identity provider's", std::abs(skew),
                            skew > 0 ? "ahead of" : "behind"),
                "run a time service (chrony) on both: tokens are good for so short a time that they would be "
                "refused"};
    return {true, fmt::format("clocks differ by {} s", std::abs(skew)), ""};
}

std::vector<provider_finding> about_keys(const result<http_answer>& came, time_point now) {
    static constexpr auto remedy = "look at the address of the keys (jwks_url) from this machine";
    if (!came) return {{false, "the identity provider's keys: " + came.error().message, remedy}};
    std::vector<provider_finding> out{about_clock(*came, now)};
    const auto keys = key_set::parse(came->body);
    if (came->status != 200 || !keys)
        out.push_back({false,
                       fmt::format("the identity provider's keys: it answered {}, and no JWKS", came->status),
                       remedy});
    else if (keys->size() == 0)
        out.push_back({false, "none of the identity provider's keys can be used",
                       "let it sign with RS256 (2048 bits or more) or ES256"});
    else
        out.push_back({true, fmt::format("{} keys for signatures", keys->size()), ""});
    return out;
}

// A code that never was: who is told so has shown the right secret.
provider_finding about_secret(const result<token_grant>& came, const oauth_client_login& client) {
    if (!came && came.error().code == errc::unauthenticated)
        return {true, fmt::format("client {}: its secret is right", client.id), ""};
    if (!came && came.error().code == errc::denied)
        return {false, fmt::format("client {}: {}", client.id, came.error().message),
                "compare client_id and the client secret with what the identity provider has, and that the "
                "client "
                "is enabled there, confidential, and may use the authorization code flow"};
    return {
        false,
        fmt::format("client {}: {}", client.id, came ? "an unknown code was accepted" : came.error().message),
        "look at the identity provider's log"};
}

// prompt=none: it never shows a page but where it cannot send the browser back.
provider_finding about_redirect(const result<http_answer>& came, const std::string& uri) {
    const auto remedy = fmt::format("register {} as a redirect URI of the client, letter by letter", uri);
    if (!came) return {false, "the identity provider's sign-in page: " + came.error().message, remedy};
    if (came->status >= 400)
        return {false, fmt::format("the identity provider's sign-in page answers {}", came->status), remedy};
    const auto* where = came->header("location");
    for (const auto* error : {"unauthorized_client", "unsupported_response_type", "invalid_request"})
        if (where && where->contains(std::string("error=") + error))
            return {false, fmt::format("the identity provider refuses sign-ins: {}", error),
                    "let the client use the authorization code flow (Keycloak: Standard flow)"};
    return {true, fmt::format("redirect URI {} is registered", uri), ""};
}

} // namespace

asio::awaitable<std::vector<provider_finding>> check_provider(identity_provider& provider, http_client& http,
                                                              clock& time, const provider_settings& settings,
                                                              oauth_client_login client,
                                                              std::string redirect_uri) {
    std::vector<provider_finding> out;
    const auto found = co_await provider.metadata();
    if (!found) {
        out.push_back({false, found.error().message,
                       "set `issuer` in [oidc] to the address whose "
                       "/.well-known/openid-configuration this machine can read; "
                       "`ca_file` when its certificate is the centre's own"});
        co_return out;
    }
    out.push_back(about_addresses(*found));
    auto keys_call = make_get(settings, found->jwks_url);
    const auto keys = co_await http.fetch(std::move(keys_call));
    for (auto& finding : about_keys(keys, time.now())) out.push_back(std::move(finding));
    const auto grant = co_await provider.exchange_code(client, secret("berth-check"), redirect_uri,
                                                       secret(std::string(43, 'x')));
    out.push_back(about_secret(grant, client));
    if (redirect_uri.empty()) co_return out;
    auto page_call = make_get(settings, silent_authorization(*found, client.id, redirect_uri));
    const auto page = co_await http.fetch(std::move(page_call));
    out.push_back(about_redirect(page, redirect_uri));
    co_return out;
}

} // namespace berth::auth
