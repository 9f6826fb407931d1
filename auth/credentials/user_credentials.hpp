// SPDX-License-Identifier: BSD-3-Clause
// The tokens that users' sign-ins at the identity provider left with the hub: kept sealed, refreshed by one
// owner each.
#pragma once

#include "auth/credentials/vault.hpp"
#include "auth/provider/identity_provider.hpp"
#include "daemon/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace berth::auth {

// An access token fit for use, and until when.
struct access {
    secret token;
    std::optional<time_point> expires;
};

enum class credential_health {
    good,
    stale,         // not refreshed lately; nobody has needed it
    sign_in_again, // the provider refused the refresh token for good
    provider_away, // the last attempt got no answer
    misconfigured, // the provider refused the hub itself
};

// One session's credential as pages and the API tell of it. No secret in it.
struct credential_view {
    std::int64_t session = 0, user_id = 0; // auth::session::id
    credential_health health = credential_health::good;
    std::string why; // a sentence, when it is not good
    time_point obtained{};
    std::optional<time_point> refreshed, access_expires;
};

struct credential_settings {
    oauth_client_login client;
    duration refresh_margin = std::chrono::seconds(60);
    duration patience = std::chrono::seconds(10); // that a caller waits for a refresh
};

// One credential a browser session. On the hub thread; in memory and in the store (table `credentials`).
// Nothing refreshes by itself: only `fresh` asks the provider, so a restart starts no herd. Refresh is
// single-flight for each credential: everybody who needs it meanwhile waits for the one call. A rotated
// refresh token is committed before the access token is handed out; when that commit fails the new tokens
// stay good in memory and are written with the next chance (each call of `fresh`, and every few seconds).
// Errors (see identity_provider):
//   unauthenticated -> sign_in_again: never tried again; access and refresh token are erased, the id_token
//   stays
//                      for signing out
//   denied          -> misconfigured: tokens kept, `log.error("credential.misconfigured")`, tried again after
//                      a backoff
//   unavailable, outcome_unknown -> provider_away: tokens kept; backoff 1 s to 60 s, calls meanwhile fail at
//   once
//                      unless the access token is still good for `need`
// A provider whose tokens live shorter than what is wanted: what a refresh has just given is handed out all
// the same, and it is told once (`credential.short_lived`). A token without a told end (neither expires_in
// nor its own `exp`) counts as fresh for five minutes.
class user_credentials {
  public:
    user_credentials(boost::asio::any_io_executor executor, clock& time, logger& log, store::database& db,
                     identity_provider& provider, vault keys, credential_settings settings);
    user_credentials(const user_credentials&) = delete;
    user_credentials& operator=(const user_credentials&) = delete;
    ~user_credentials();

    static store::migrations tables();
    // Rows that no key opens are told (`credential.sealed_by_unknown_key`), kept on disk, and count as
    // absent. Rows sealed under an old key are sealed anew, a few at a time.
    boost::asio::awaitable<result<void>> load();
    // Lets refreshes under way end (within `patience`), so that no answer is lost; writes what is unwritten.
    // Nothing is refreshed any more. Before destruction.
    boost::asio::awaitable<void> shut_down();

    // After a sign-in: the session's tokens. Durable when it returns. Replaces what the session had. On
    // failure the session has no credential.
    boost::asio::awaitable<result<void>> keep(std::int64_t session, std::int64_t user_id, std::string subject,
                                              std::string provider_session, token_grant tokens,
                                              std::string userinfo_json);

    // An access token of the user with at least max(need, refresh_margin) of life (or, while the provider is
    // away, at least `need`). Of several sessions the one refreshed last is tried first; the next when it
    // must sign in again. Failures: not_found (never signed in, or signed out everywhere), unauthenticated
    // (must sign in again), unavailable, denied; the sentence is for the user. Resumes within `patience`; a
    // refresh goes on when its caller gives up.
    boost::asio::awaitable<result<access>> fresh(std::int64_t user_id, duration need);

    // The cluster refused this token (revoked, keys rotated): the next `fresh` asks for another.
    void distrust(std::int64_t user_id, const secret& refused);

    // The session has ended: its tokens are erased, durably. What came with it, for the provider's logout and
    // revocation.
    struct left_over {
        secret id_token, refresh_token;
        std::string provider_session;
    };
    boost::asio::awaitable<std::optional<left_over>> forget(std::int64_t session);
    boost::asio::awaitable<result<void>> forget_user(std::int64_t user_id);

    // Sessions that back-channel logout ends: of the provider's session, or of all of the subject's when that
    // is "".
    std::vector<std::int64_t> sessions_of(const std::string& subject,
                                          const std::string& provider_session) const;
    // All that something is kept of: those whose session is no more (the hub was killed between the two) are
    // to be forgotten after `load`.
    std::vector<std::int64_t> sessions() const;
    // For signing out: the session's id_token, if there is one; a copy.
    secret id_token_of(std::int64_t session) const;

    std::vector<credential_view>
    of_user(std::int64_t user_id) const; // the one that `fresh` tries first is first
    std::optional<credential_view> of_session(std::int64_t session) const;

    // JupyterHub's auth_state of the user (GET /users/:name with admin:auth_state): {"access_token",
    // "refresh_token", "id_token", "scope", "token_response", "oauth_user"} as JSON, of the credential tried
    // first; nothing when there is none.
    std::optional<secret> auth_state(std::int64_t user_id) const;

    struct counts {
        std::uint64_t refreshed = 0, failed = 0,
                      shared = 0; // shared: callers who waited for somebody else's refresh
    };
    counts counted() const;

    struct state; // private to the room

  private:
    std::shared_ptr<state> state_;
};

} // namespace berth::auth
