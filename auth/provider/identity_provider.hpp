// SPDX-License-Identifier: BSD-3-Clause
// The centre's identity provider (OpenID Connect: Keycloak and its like) as the hub asks it.
#pragma once

#include "auth/provider/json_web_token.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/http_client.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/result.hpp"
#include "daemon/runtime/secret.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace berth::auth {

struct provider_settings {
    // What tokens name as their issuer. Discovery is asked at <issuer>/.well-known/openid-configuration
    // unless the addresses for authorize, token and jwks are all given; then it may be "", and is not looked
    // at.
    std::string issuer = {};
    // Given by hand, they win over discovery.
    std::string authorize_url = {}, token_url = {}, userinfo_url = {}, jwks_url = {}, end_session_url = {},
                revocation_url = {};
    std::string ca_file = {};                    // PEM, trusted in place of the system's authorities
    duration timeout = std::chrono::seconds(10); // of one call
};

// What discovery and the settings say together.
struct provider_metadata {
    std::string issuer, authorize_url, token_url, userinfo_url, jwks_url, end_session_url, revocation_url;
    bool says_issuer_in_callback = false; // authorization_response_iss_parameter_supported (RFC 9207)
    bool backchannel_logout = false;
};

struct oauth_client_login {
    std::string id;
    secret password;
};

struct token_grant {
    secret access_token, refresh_token, id_token; // empty when not given
    std::optional<time_point> access_expires;     // from expires_in
    // From refresh_expires_in; 0 and absent mean that none was told (Keycloak's offline tokens).
    std::optional<time_point> refresh_expires;
    std::vector<std::string> scopes;
    std::string rest; // the answer as JSON without the tokens: for auth_state's token_response
};

// One thing that `berth check` found out.
struct provider_finding {
    bool good = true;
    std::string what, remedy;
};

// One provider. On the hub thread; never blocks it; every call has a deadline. Discovery and keys are asked
// for when first needed, kept, and asked for anew once an hour, or when a key id is unknown (at most once in
// 30 s); what was known stays good while the provider is away. Concurrent needs share one call. After
// failures the next discovery waits (backoff 1 s to 60 s): calls meanwhile fail at once.
//
// A token endpoint's failures (classified by status and `error`, never by description):
//   unauthenticated   4xx invalid_grant (or login_required and its like): the code or refresh token is spent,
//                     revoked, expired: sign in again
//   denied            the operator's fault: 401, 403, 404, invalid_client, unauthorized_client,
//   invalid_scope,
//                     invalid_request, unsupported_grant_type and every other 4xx: nothing of the user's is
//                     spent
//   unavailable       nothing was sent (refused, DNS, TLS), 408, 429, 5xx, or no JSON with a token: tokens
//   keep
//                     their worth, try later
//   outcome_unknown   sent, and no answer came: a refresh token may have been spent
// Sentences hold the provider's `error` and `error_description` (cut to 200 characters, control characters
// out), never a token.
class identity_provider {
  public:
    virtual ~identity_provider() = default;

    virtual boost::asio::awaitable<result<provider_metadata>> metadata() = 0;
    // What is known without asking.
    virtual std::optional<provider_metadata> known_metadata() const = 0;

    virtual boost::asio::awaitable<result<token_grant>>
    exchange_code(oauth_client_login client, secret code, std::string redirect_uri, secret verifier) = 0;
    virtual boost::asio::awaitable<result<token_grant>> refresh(oauth_client_login client,
                                                                secret refresh_token) = 0;
    // `token_url` "": the provider's.
    virtual boost::asio::awaitable<result<token_grant>>
    client_credentials(oauth_client_login client, std::vector<std::string> scopes, std::string token_url) = 0;
    // RFC 7009; tokens that are no good any more are a success. not_found: the provider has no such address.
    virtual boost::asio::awaitable<result<void>> revoke(oauth_client_login client, secret token) = 0;
    // not_found: the provider has no such address; unauthenticated: not with this token; signed answers are
    // refused.
    virtual boost::asio::awaitable<result<claims>> userinfo(secret access_token) = 0;

    // Signature, then `e` (whose issuer, when "", becomes the provider's). unauthenticated when it is no
    // good, unavailable when the keys could not be had.
    virtual boost::asio::awaitable<result<claims>> verify(secret token, expectation e) = 0;

    // Discovery, the clock (Date header: more than 30 s off is told), keys, the client's secret (a
    // client-credentials or a deliberately bad code grant tells invalid_client from invalid_grant) and that
    // `redirect_uri` is registered (authorize answers other than 400).
    virtual boost::asio::awaitable<std::vector<provider_finding>> check(oauth_client_login client,
                                                                        std::string redirect_uri) = 0;
};

// `http`, `time` and `log` outlive it.
std::unique_ptr<identity_provider> make_identity_provider(http_client& http, clock& time, logger& log,
                                                          provider_settings s);

} // namespace berth::auth
