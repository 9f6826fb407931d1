// SPDX-License-Identifier: BSD-3-Clause
// Hub users who never sign in with a browser ([[service_account]]): their client-credentials tokens, and the
// provider's own JWTs as API tokens.
#pragma once

#include "auth/credentials/user_credentials.hpp"
#include "auth/provider/identity_provider.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::auth {

struct service_account {
    std::string user;      // normalised
    std::string token_url; // "": the provider's
    oauth_client_login client;
    std::vector<std::string> scopes;
    bool accept_bearer = true;
    // A bearer's azp, or client_id where there is no azp, must be the client: others' tokens have the same
    // audiences. When this is not "", `aud` must hold it as well.
    std::string bearer_audience;
};

// Tokens are fetched when needed, kept in memory only, shared by concurrent callers, fetched anew when less
// than the margin of life is left; failures as in user_credentials, with the same backoff, but that nobody
// could sign in here: what the provider refuses is `denied`. Who waits gives up after 10 s; the call goes on.
class service_accounts {
  public:
    service_accounts(boost::asio::any_io_executor executor, clock& time, logger& log,
                     identity_provider& provider, std::vector<service_account> accounts,
                     duration refresh_margin);
    service_accounts(const service_accounts&) = delete;
    service_accounts& operator=(const service_accounts&) = delete;
    ~service_accounts();
    boost::asio::awaitable<void> shut_down();

    bool has(std::string_view user) const;
    boost::asio::awaitable<result<access>> fresh(std::string user,
                                                 duration need); // not_found: no such account
    // The cluster refused this token (revoked, keys rotated): the next `fresh` asks for another.
    void distrust(std::string_view user, const secret& refused);

    // A provider's JWT as a bearer token at the hub API. `prepare` verifies a compact JWT that no one has
    // verified yet (signature, issuer, audience or azp, expiry) and remembers the outcome by the token's
    // digest until it expires, and for five minutes at most, so that a key that the provider has withdrawn
    // counts no more (bounded: 1,000 good ones, 1,000 bad ones, these for 5 s); `user_of` answers at once
    // from what is remembered. Text that is no JWT costs nothing. Id tokens and logout tokens are refused.
    boost::asio::awaitable<void> prepare(secret bearer);
    std::optional<std::string> user_of(std::string_view bearer) const;

    // One finding an account: whether its grant works.
    boost::asio::awaitable<std::vector<provider_finding>> check();

  private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace berth::auth
