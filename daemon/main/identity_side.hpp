// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "auth/credentials/service_accounts.hpp"
#include "auth/credentials/user_credentials.hpp"
#include "auth/login/oidc.hpp"
#include "auth/sessions/sessions.hpp"
#include "daemon/main/configuration.hpp"
#include "daemon/main/data_dir.hpp"
#include "hubapi/model/identity.hpp"
#include "hubapi/model/order_shelf.hpp"
#include "hubapi/model/spawn_credentials.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace berth::config {

// The hub's side of the identity provider: sign-in, the users' tokens, service accounts and the rules, as far as the
// configuration asks for them. On the hub thread; what it is given outlives it.
class identity_side {
  public:
    struct surroundings {
        boost::asio::any_io_executor executor;
        http_client& http;
        clock& time;
        logger& log;
        store::database& db;
        hub::people& who;
        hub::permissions& may;
    };
    // Reads the vault's keys (blocks). The failure names the file or key and the remedy.
    static result<std::unique_ptr<identity_side>> make(surroundings in, const configuration& c, const data_dir& d);
    identity_side(surroundings in, const configuration& c);
    identity_side(const identity_side&) = delete;
    identity_side& operator=(const identity_side&) = delete;

    hub::identity_parts parts();
    hub::spawn_credentials& spawns() { return *spawns_; }
    boost::asio::awaitable<result<void>> load();
    // Forgets what belongs to no session any more: the hub was killed between a session's end and this.
    boost::asio::awaitable<void> tidy_up(const auth::session_store& sessions);
    // A browser's session has ended: its tokens are erased, and revoked at the provider where nobody else lives on them.
    boost::asio::awaitable<void> session_over(auth::session ended);
    boost::asio::awaitable<void> shut_down();

  private:
    result<void> make_provider(const configuration& c, const data_dir& d);
    void make_accounts(const configuration& c);

    surroundings in_;
    const configuration& c_;
    std::unique_ptr<auth::identity_provider> provider_;
    std::unique_ptr<auth::oidc_sign_in> sign_in_;
    std::optional<auth::user_credentials> credentials_;
    std::optional<auth::service_accounts> accounts_;
    std::optional<hub::spawn_credentials> spawns_;
    hub::order_shelf shelf_;
};

// [login] method: who checks a name and a password. `pam`: its helper, for method "pam" alone.
std::unique_ptr<auth::password_check> make_password_check(const configuration& c, helper_process* pam);

// Where the provider sends browsers back to: <public_url><base_url>hub/oauth_callback; without a public_url, from listen.
std::string callback_url(const configuration& c);
auth::provider_settings provider_settings_of(const configuration& c);

// What `berth check` finds out about the provider, its clients, the service accounts and the vault's keys. Blocks.
std::vector<auth::provider_finding> check_identity_provider(const configuration& c, const data_dir& d);

} // namespace berth::config
