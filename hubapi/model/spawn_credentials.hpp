// SPDX-License-Identifier: BSD-3-Clause
// Which of the identity provider's tokens a user's jobs get, by the rules of the configuration.
#pragma once

#include "auth/credentials/rules.hpp"
#include "auth/credentials/service_accounts.hpp"
#include "auth/credentials/user_credentials.hpp"
#include "hubapi/model/people.hpp"
#include "hubapi/model/permissions.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace berth::hub {

// What a start gets. `token` is empty where the rule asks for none, or where it only tries.
struct granted_credential {
    secret token;
    std::optional<time_point> expires;
    std::string note; // why there is none although it was tried for: a sentence for the user; "" otherwise
};

// On the hub thread. The only place where a credential is asked for: nothing but a spawn, its polling and cancelling, and who
// reads a token on purpose.
class spawn_credentials {
  public:
    struct parts { // `users` and `accounts` may be null: then nobody has any
        std::vector<auth::credential_rule> rules;
        auth::credential_policy otherwise = auth::credential_policy::none; // where no rule matches
        people& who;
        permissions& may;
        auth::user_credentials* users = nullptr;
        auth::service_accounts* accounts = nullptr;
        duration need = std::chrono::seconds(60); // of life that a job's token must have left
    };
    explicit spawn_credentials(parts p) : parts_(std::move(p)) {}
    spawn_credentials(const spawn_credentials&) = delete;
    spawn_credentials& operator=(const spawn_credentials&) = delete;

    auth::credential_policy policy_of(const user& u) const;

    // The credential of a start. Failures: login_required (the rule requires a token, and the user has to sign in for it),
    // unavailable (the provider does not answer), denied (the hub or the service account is refused by it), not_found (no
    // such user). Sentences are for the user.
    boost::asio::awaitable<result<granted_credential>> for_start(std::int64_t user_id);

    // A token for polling or cancelling the user's job, or for the job itself to work with: whichever the rule allows; also
    // where it says "try". Failures as above, and not_found where the rule says "none".
    boost::asio::awaitable<result<auth::access>> access_of(std::int64_t user_id);

    // A cluster has refused this token of the user's: `access_of` asks the provider for another.
    void distrust(const user& u, const secret& refused);

  private:
    boost::asio::awaitable<result<auth::access>> own_token(std::int64_t user_id);
    parts parts_;
};

} // namespace berth::hub
