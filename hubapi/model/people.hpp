// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "auth/scopes/scopes.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/result.hpp"
#include "daemon/store/store.hpp"

#include <boost/asio/awaitable.hpp>

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

struct user {
    std::int64_t id = 0;
    std::string name;
    bool admin = false;
    time_point created{};
    std::optional<time_point> last_activity;
    std::set<std::string, std::less<>> groups; // names
    std::set<std::string, std::less<>> claimed_roles = {}; // names; as the identity provider told them at the last sign-in
};

struct group {
    std::int64_t id = 0;
    std::string name;
    std::string properties = "{}";  // a JSON object
    std::set<std::int64_t> members; // user ids
};

// Users and groups: owned here, on the hub thread, read from the store at start. Changes are made in memory, then
// committed; when the commit fails they are taken back and the failure is returned. Pointers are valid until the next
// co_await.
class people final : public auth::directory {
  public:
    people(clock& time, store::database& db);
    people(const people&) = delete;
    people& operator=(const people&) = delete;

    static store::migrations tables();
    boost::asio::awaitable<result<void>> load();

    const user* find(std::string_view name) const;
    const user* find(std::int64_t id) const;
    const std::map<std::int64_t, user>& users() const { return users_; }
    // Names in order; for pages sorted by name.
    const std::map<std::string, std::int64_t, std::less<>>& users_by_name() const { return by_name_; }

    // The ids of the users made, ascending; names that exist are skipped, so the result may be empty.
    boost::asio::awaitable<result<std::vector<std::int64_t>>> create_users(std::vector<std::string> names, bool admin);
    boost::asio::awaitable<result<void>> set_admin(std::int64_t id, bool admin);
    boost::asio::awaitable<result<void>> rename(std::int64_t id, std::string name); // already_exists
    boost::asio::awaitable<result<void>> remove_user(std::int64_t id);
    // Monotone; written behind, at most every 30 seconds a user.
    void touch(std::int64_t id, time_point when);

    const group* find_group(std::string_view name) const;
    const std::map<std::int64_t, group>& groups() const { return groups_; }
    boost::asio::awaitable<result<void>> create_groups(std::vector<std::string> names, std::vector<std::int64_t> members);
    boost::asio::awaitable<result<void>> remove_group(std::string name);
    boost::asio::awaitable<result<void>> add_members(std::string group, std::vector<std::int64_t> ids);
    boost::asio::awaitable<result<void>> remove_members(std::string group, std::vector<std::int64_t> ids);
    boost::asio::awaitable<result<void>> set_properties(std::string group, std::string json);
    // Makes the user a member of exactly these groups, creating what is missing.
    boost::asio::awaitable<result<void>> set_groups(std::int64_t id, std::set<std::string, std::less<>> groups);

    // The user bears exactly these roles of the identity provider's.
    boost::asio::awaitable<result<void>> set_claimed_roles(std::int64_t id, std::set<std::string, std::less<>> roles);

    bool is_member(std::string_view user, std::string_view group) const override;

    // Called after each change of a user that is on disk: made, renamed, removed, made administrator, in other groups.
    // `name`: the one that it had.
    void on_change(std::function<void(std::int64_t id, const std::string& name)> told) { told_ = std::move(told); }

    // Grows with every change that can alter somebody's permissions.
    std::uint64_t epoch() const { return epoch_; }

  private:
    void tell(std::int64_t id, const std::string& name) const;
    void tell_all(const std::vector<std::int64_t>& ids) const;
    user* edit(std::int64_t id);
    group* edit_group(std::string_view name);
    void insert(user u);
    void erase(std::int64_t id);
    boost::asio::awaitable<result<void>> save(store::changes c);

    clock& time_;
    store::database& db_;
    std::map<std::int64_t, user> users_;
    std::map<std::string, std::int64_t, std::less<>> by_name_;
    std::map<std::int64_t, group> groups_;
    std::map<std::string, std::int64_t, std::less<>> groups_by_name_;
    std::unordered_map<std::int64_t, time_point> written_; // last_activity as last handed to the store
    std::int64_t next_user_ = 1, next_group_ = 1;
    std::uint64_t epoch_ = 1;
    std::function<void(std::int64_t, const std::string&)> told_;
};

} // namespace berth::hub
