// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "auth/tokens/tokens.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/result.hpp"
#include "daemon/store/store.hpp"
#include "hubapi/model/permissions.hpp"
#include "hubapi/model/settings.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace berth::hub {

// All services: the configuration's, and those that were added by the API, which are owned here and kept in the database. Tells
// `permissions` of each change. On the hub thread. Pointers are valid until the next co_await.
class service_list {
  public:
    // All of it outlives this. `config` changes with a reload, which is preceded by `make_way`.
    service_list(clock& time, logger& log, store::database& db, auth::token_store& tokens, permissions& may, const settings& config);
    service_list(const service_list&) = delete;
    service_list& operator=(const service_list&) = delete;

    static store::migrations tables();
    // After the tokens' load, before the configured tokens are added.
    boost::asio::awaitable<result<void>> load();

    const service* find(std::string_view name) const;
    const service* find_client(std::string_view id) const; // one that signs users in
    std::vector<const service*> all() const;                // the configuration's first
    std::vector<service> values() const;
    bool is_added(std::string_view name) const;

    // Durable, with its token (none when empty), when it returns success. already_exists: the name; invalid_argument: client id
    // or token are another's, or the token's length; limit_exceeded with 1,000 services; the store's failures.
    boost::asio::awaitable<result<void>> add(service s, secret token);
    // An added one, its token and those that users have for it. not_found; the store's failures: its tokens are dead all the same.
    boost::asio::awaitable<result<void>> remove(std::string name);
    // The configuration will have these: added ones of the same name or client are removed, so that no token of theirs speaks for
    // them.
    boost::asio::awaitable<void> make_way(std::vector<service> configured);

  private:
    struct added {
        std::int64_t serial = 0; // of this run: a name may come again
        service what;
    };
    bool take(std::int64_t serial);
    void changed() { may_.change(values()); }

    clock& time_;
    logger& log_;
    store::database& db_;
    auth::token_store& tokens_;
    permissions& may_;
    const settings& config_;
    std::vector<added> added_;
    std::int64_t last_serial_ = 0;
};

} // namespace berth::hub
