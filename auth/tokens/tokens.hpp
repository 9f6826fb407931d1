// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/result.hpp"
#include "daemon/runtime/secret.hpp"
#include "daemon/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::auth {

// A hub API token or an OAuth access token, without its value.
struct token_record {
    std::int64_t id = 0; // "a<id>" in the API
    std::optional<std::int64_t> user_id;
    std::string service;                  // owner when user_id is not set
    std::string client_id = "jupyterhub"; // the OAuth client that issued it; "jupyterhub": by API or page
    std::string session_id;               // of the browser session that it was issued in; "" otherwise
    std::string note;
    std::vector<std::string> scopes; // raw, as granted
    time_point created{};
    std::optional<time_point> expires_at, last_activity;
    bool is_server = false; // $JUPYTERHUB_API_TOKEN of a single-user server: its calls are no user activity
    std::string server;     // "<owner>/<name>" it belongs to, for is_server
    bool internal = false; // of the hub's own commands: counted nowhere
    bool ephemeral = false; // from the configuration: not stored
};

// All tokens, found by a hash of their value in constant time per lookup; kept in memory, durable in the
// store. A value is known only to whom it was issued: neither memory nor database hold more than its SHA-256.
// On the hub thread. Pointers are valid until the next co_await.
class token_store {
  public:
    token_store(clock& time, logger& log, store::database& db);
    token_store(const token_store&) = delete;
    token_store& operator=(const token_store&) = delete;
    ~token_store();

    static store::migrations tables();
    boost::asio::awaitable<result<void>> load();

    struct issued {
        secret value;
        std::int64_t id = 0;
    };
    // A new random value: 32 hex characters (30 letters and digits for OAuth clients). Returns when durable.
    // `r.id` and `r.created` are set here; the id is the highest in use plus one, as JupyterHub numbers them, so
    // that of the newest token may come again after its end. limit_exceeded above 10,000 tokens of one user; conflict when the
    // owner, the client or the session was revoked meanwhile.
    boost::asio::awaitable<result<issued>> issue(token_record r);
    // A service's token with a value that the service knows already: durable together with `also`, gone with neither. Failures as
    // for `add_configured`, and the commit's: nothing has changed then.
    boost::asio::awaitable<result<void>> adopt(secret value, token_record r, store::changes also);
    // Registers a configured service's token (kept hashed in memory only, replaced at each start; its id is
    // negative). invalid_argument unless it has 8 to 512 characters; already_exists when another token has
    // the same value.
    result<void> add_configured(secret value, token_record r);
    // These in the place of all configured ones, under new ids; on failure, as above, nothing has changed.
    result<void> replace_configured(std::vector<std::pair<secret, token_record>> all);

    // The live token with that value, or nullptr (an expired one is never found). Marks it used
    // (last_activity, at most every 30 s, written behind).
    const token_record* authenticate(std::string_view value);
    const token_record* find(std::int64_t id) const;
    std::vector<const token_record*> of_user(std::int64_t user_id) const;
    std::vector<const token_record*> of_client(std::string_view client_id) const;
    std::vector<const token_record*> of_service(std::string_view service) const; // adopted ones

    // Each is dead at once, and after a restart when this has returned success. A deletion that the database
    // refused is asked for again with the next revocation. Unknown ids are no error. `also` becomes durable together
    // with it.
    boost::asio::awaitable<result<void>> revoke(std::vector<std::int64_t> ids, store::changes also = {});
    boost::asio::awaitable<result<void>> revoke_user(std::int64_t user_id);
    boost::asio::awaitable<result<void>> revoke_client(std::string client_id);
    // Every OAuth token of this browser session, and only those (seed 001: logout).
    boost::asio::awaitable<result<void>> revoke_session(std::int64_t user_id, std::string session_id);
    // Drops expired ones; called hourly and harmless at any time.
    boost::asio::awaitable<result<void>> purge_expired();
    std::size_t size() const;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace berth::auth
