// SPDX-License-Identifier: BSD-3-Clause
// Servers that their owners share with others (hub contract 1.4, "shares").
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/result.hpp"
#include "daemon/store/store.hpp"
#include "scheduler/spawner/server.hpp"

#include <boost/asio/awaitable.hpp>

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace berth::hub {

// Who something is shared with: a user, or a group's members of the moment.
struct grantee {
    bool is_group = false;
    std::int64_t id = 0;
    auto operator<=>(const grantee&) const = default;
};

struct share {
    std::int64_t id = 0;
    scheduler::server_key server;
    grantee with;
    std::set<std::string> scopes; // without filters: each holds for this server alone
    time_point created{};
};

// An invitation: whoever brings its code before it expires gets a share.
struct share_code {
    std::int64_t id = 0;
    scheduler::server_key server;
    std::set<std::string> scopes;
    time_point created{}, expires_at{};
    std::int64_t exchange_count = 0;
    std::optional<time_point> last_exchanged_at;
    std::string digest; // sha256 of the code, hex; the code itself is kept nowhere
};

// All shares and codes: owned here, on the hub thread. Changes are made in memory, then committed; when the commit fails
// they are taken back and the failure is returned, but for the `forget` ones. Pointers are valid until the next co_await.
class shares {
  public:
    shares(clock& time, store::database& db) : time_(time), db_(db) {}
    shares(const shares&) = delete;
    shares& operator=(const shares&) = delete;

    static store::migrations tables();
    boost::asio::awaitable<result<void>> load();

    const share* find(const scheduler::server_key& server, const grantee& with) const;
    std::vector<const share*> of_server(const scheduler::server_key& server) const; // these lists are in the order of their making
    std::vector<const share*> of_owner(std::int64_t owner) const;
    std::vector<const share*> with(const grantee& whom) const;

    // Adds to what is shared already. limit_exceeded when the owner has 10,000 shares.
    boost::asio::awaitable<result<void>> grant(scheduler::server_key server, grantee with, std::set<std::string> scopes);
    // Of these scopes, of all when there are none. What is not there needs no revoking.
    boost::asio::awaitable<result<void>> revoke(scheduler::server_key server, grantee with, std::set<std::string> scopes);
    boost::asio::awaitable<result<void>> revoke_all(scheduler::server_key server);

    struct issued {
        std::string code; // shown once
        std::int64_t id = 0;
    };
    // limit_exceeded when the owner has 1,000 codes that are still good.
    boost::asio::awaitable<result<issued>> issue_code(scheduler::server_key server, std::set<std::string> scopes, duration lifetime);
    const share_code* find_code(std::int64_t id) const;
    const share_code* find_code(std::string_view code) const; // nullptr when it has expired
    std::vector<const share_code*> codes_of_server(const scheduler::server_key& server) const; // expired ones left out
    std::vector<const share_code*> codes_of_owner(std::int64_t owner) const;
    boost::asio::awaitable<result<void>> remove_codes(std::vector<std::int64_t> ids);
    // The user gets what the code says. not_found when it is not good any more.
    boost::asio::awaitable<result<void>> exchange(std::int64_t code_id, std::int64_t user);

    // A server gets another name: what is to be committed with that, and what to do once it is.
    static store::changes renaming(const scheduler::server_key& from, const scheduler::server_key& to);
    void renamed(const scheduler::server_key& from, const scheduler::server_key& to);

    // Somebody or something is gone, with all that was shared by it and with it. In memory in any case.
    boost::asio::awaitable<result<void>> forget_server(scheduler::server_key server);
    boost::asio::awaitable<result<void>> forget_user(std::int64_t user);
    boost::asio::awaitable<result<void>> forget_group(std::int64_t group);
    boost::asio::awaitable<result<void>> purge_expired();
    // After a start: what the disk did not forget in its time goes now.
    boost::asio::awaitable<result<void>> keep_only(std::function<bool(const scheduler::server_key&)> server_exists,
                                                   std::function<bool(const grantee&)> grantee_exists);

    // Grows with every change of what somebody may do.
    std::uint64_t epoch() const { return epoch_; }

  private:
    struct removed {
        std::vector<share> shares;
        std::vector<share_code> codes;
        store::changes statements;
    };
    const share* find(std::int64_t id) const;
    void put(share s);
    void put(share_code c);
    void take(std::int64_t share_id, removed& into);
    void take_code(std::int64_t code_id, removed& into);
    void take_codes(const std::function<bool(const share_code&)>& which, removed& into);
    boost::asio::awaitable<result<void>> save_share(share now, std::optional<share_code> used);
    boost::asio::awaitable<result<void>> save_removal(removed gone, bool take_back);

    clock& time_;
    store::database& db_;
    std::map<std::int64_t, share> shares_;
    std::map<std::int64_t, share_code> codes_;
    std::map<scheduler::server_key, std::set<std::int64_t>> by_server_;
    std::map<grantee, std::set<std::int64_t>> by_grantee_;
    std::unordered_map<std::string, std::int64_t> by_digest_;
    std::int64_t next_share_ = 1, next_code_ = 1;
    std::uint64_t epoch_ = 1;
};

// "access:servers" of the server becomes "access:servers!server=al/n1".
std::vector<std::string> filtered_scopes(const std::set<std::string>& scopes, std::string_view owner_name, std::string_view server);

} // namespace berth::hub
