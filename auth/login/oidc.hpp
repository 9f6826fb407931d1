// SPDX-License-Identifier: BSD-3-Clause
// Signing in at the identity provider: authorization code with PKCE, state and nonce (OpenID Connect
// Core 3.1, RFC 7636, RFC 9207, RFC 9700).
#pragma once

#include "auth/login/login.hpp"
#include "auth/provider/identity_provider.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace berth::auth {

struct oidc_settings {
    oauth_client_login client;
    std::string redirect_uri; // absolute: <public_url><base_url>hub/oauth_callback
    std::vector<std::string> scopes = {"openid", "profile", "email"}; // "openid" is added where it is missing
    std::string username_claim = "preferred_username", groups_claim = "groups", roles_claim, admin_claim;
    bool pkce = true;
    secret key; // 32 bytes or more, from which the flow's cookies are sealed (derived from the cookie secret)
    duration flow_lifetime = std::chrono::minutes(10);
};

// A sign-in under way, as the browser carries it: one sealed cookie for each, so that tabs do not disturb
// each other and a restart of the hub does not either. Holds state, nonce, verifier, `next` and when it
// began.
struct oidc_departure {
    std::string url;         // of the provider, to redirect to
    std::string cookie_name; // "berth-sign-in-<first letters of the state's digest>"
    secret cookie_value;
};
struct oidc_arrival {
    identity who;       // name normalised; groups as claimed
    bool admin = false; // by admin_claim
    std::vector<std::string> roles; // by roles_claim
    std::string next;   // as given to begin()
    token_grant tokens;
    claims about; // id_token's claims, completed by userinfo where username or groups are not in it
    std::string subject, provider_session; // `sub`, `sid` ("" when not told)
};
// What a callback's query says.
struct oidc_callback {
    std::string state, code, issuer, error, error_description;
};

// The flow. On the hub thread. A state is good once, within flow_lifetime, and only in the browser that began
// it; used ones are remembered that long (bounded: 10,000, the oldest go).
class oidc_sign_in {
  public:
    virtual ~oidc_sign_in() = default;

    // `next`: where to go afterwards, already found harmless; one of over 2,000 bytes is forgotten. `again`:
    // prompt=login is asked for (somebody wants another account). unavailable when the provider's addresses
    // could not be had.
    virtual boost::asio::awaitable<result<oidc_departure>> begin(std::string next, bool again) = 0;

    // The name of the cookie that belongs to a callback's state.
    virtual std::string cookie_name(std::string_view state) const = 0;

    // Failures, with sentences for the page that say what was wrong and what to do:
    //   conflict         the sign-in is stale: no or a foreign cookie, too old, used before,
    //   authentication_expired or
    //                    login_required from the provider: begin again (the page does so by itself, once)
    //   denied           the provider or the person refused (access_denied), or the claims hold no usable
    //   name unauthenticated  a token that does not stand the checks, a wrong issuer: nothing is accepted
    //   unavailable, internal   the provider could not be asked; its settings are wrong (told in the log in
    //   full)
    // `next_of` tells where a stale one was going to, as far as its cookie can still be read.
    virtual boost::asio::awaitable<result<oidc_arrival>> finish(oidc_callback said, secret cookie_value) = 0;
    virtual std::string next_of(secret cookie_value) const = 0;

    // RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0): where to send the browser; nothing when
    // the provider has no such address or is not known yet. `id_token` may be expired.
    virtual std::optional<std::string> logout_url(const secret& id_token,
                                                  std::string_view return_to) const = 0;

    // Back-channel logout (OpenID Connect Back-Channel Logout 1.0 section 2.6): whose sessions end. `sid` or
    // `sub` may be "", not both. invalid_argument with RFC words for a token that does not stand the checks
    // (nonce present, events missing, jti seen before, older than 2 minutes, ...).
    struct ended_sessions {
        std::string subject, provider_session;
    };
    virtual boost::asio::awaitable<result<ended_sessions>> read_logout_token(secret token) = 0;
};

std::unique_ptr<oidc_sign_in> make_oidc_sign_in(identity_provider& provider, clock& time, logger& log,
                                                oidc_settings s);

} // namespace berth::auth
