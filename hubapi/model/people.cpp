// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/people.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace berth::hub {
namespace asio = boost::asio;
using nlohmann::json;

namespace {

store::statement upsert(const user& u) {
    return {"INSERT INTO users (id, name, admin, created, last_activity, roles) VALUES (:id, :name, :admin, :created, :active, :roles) "
            "ON CONFLICT (id) DO UPDATE SET name = :name, admin = :admin, last_activity = :active, roles = :roles",
            {{"id", u.id},
             {"name", u.name},
             {"admin", store::stored_bool(u.admin)},
             {"created", store::stored(u.created)},
             {"active", store::stored(u.last_activity)},
             {"roles", json(u.claimed_roles).dump()}}};
}

std::set<std::string, std::less<>> names_in(const std::string& list) {
    std::set<std::string, std::less<>> out;
    const auto parsed = json::parse(list, nullptr, false);
    if (parsed.is_array())
        for (const auto& name : parsed)
            if (name.is_string()) out.insert(name.get<std::string>());
    return out;
}

} // namespace

people::people(clock& time, store::database& db) : time_(time), db_(db) {}

store::migrations people::tables() {
    return {"people",
            {R"(
CREATE TABLE users (
    id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, admin BIGINT NOT NULL, created BIGINT NOT NULL, last_activity BIGINT)
;
CREATE TABLE user_groups (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, properties TEXT NOT NULL)
;
CREATE TABLE group_members (
    group_id BIGINT NOT NULL, user_id BIGINT NOT NULL, PRIMARY KEY (group_id, user_id))
)",
             "CREATE TABLE last_user_id (one BIGINT PRIMARY KEY, id BIGINT NOT NULL)",
             "ALTER TABLE users ADD COLUMN roles TEXT NOT NULL DEFAULT '[]'"}};
}

asio::awaitable<result<void>> people::load() {
    auto users = co_await db_.query({"SELECT * FROM users ORDER BY id", {}});
    if (!users) co_return fail(users.error());
    for (const auto& r : *users)
        insert({store::integer(r, "id"), store::text(r, "name"), store::boolean(r, "admin"), store::time(r, "created"),
                store::optional_time(r, "last_activity"), {}, names_in(store::text(r, "roles"))});
    auto last = co_await db_.query({"SELECT id FROM last_user_id", {}});
    if (!last) co_return fail(last.error());
    for (const auto& r : *last) next_user_ = std::max(next_user_, store::integer(r, "id") + 1);
    auto groups = co_await db_.query({"SELECT * FROM user_groups ORDER BY id", {}});
    if (!groups) co_return fail(groups.error());
    for (const auto& r : *groups) {
        const auto id = store::integer(r, "id");
        groups_[id] = {id, store::text(r, "name"), store::text(r, "properties"), {}};
        groups_by_name_[store::text(r, "name")] = id;
        next_group_ = std::max(next_group_, id + 1);
    }
    auto members = co_await db_.query({"SELECT group_id, user_id FROM group_members", {}});
    if (!members) co_return fail(members.error());
    for (const auto& r : *members) {
        auto g = groups_.find(store::integer(r, "group_id"));
        auto* u = edit(store::integer(r, "user_id"));
        if (g == groups_.end() || !u) continue;
        g->second.members.insert(u->id);
        u->groups.insert(g->second.name);
    }
    co_return result<void>{};
}

const user* people::find(std::string_view name) const {
    const auto at = by_name_.find(name);
    return at == by_name_.end() ? nullptr : find(at->second);
}

const user* people::find(std::int64_t id) const {
    const auto at = users_.find(id);
    return at == users_.end() ? nullptr : &at->second;
}

user* people::edit(std::int64_t id) { return const_cast<user*>(find(id)); }
group* people::edit_group(std::string_view name) { return const_cast<group*>(find_group(name)); }

void people::insert(user u) {
    next_user_ = std::max(next_user_, u.id + 1);
    by_name_[u.name] = u.id;
    users_[u.id] = std::move(u);
    ++epoch_;
}

void people::erase(std::int64_t id) {
    const auto at = users_.find(id);
    if (at == users_.end()) return;
    by_name_.erase(at->second.name);
    for (auto& [gid, g] : groups_) g.members.erase(id);
    users_.erase(at);
    written_.erase(id);
    ++epoch_;
}

void people::tell(std::int64_t id, const std::string& name) const {
    if (told_) told_(id, name);
}

void people::tell_all(const std::vector<std::int64_t>& ids) const {
    for (auto id : ids)
        if (const auto* u = find(id)) tell(id, u->name);
}

asio::awaitable<result<void>> people::save(store::changes c) {
    ++epoch_;
    auto done = co_await db_.commit(std::move(c));
    if (!done) ++epoch_; // the caller takes its change back
    co_return done;
}

asio::awaitable<result<std::vector<std::int64_t>>> people::create_users(std::vector<std::string> names, bool admin) {
    std::vector<std::int64_t> made;
    store::changes c;
    for (auto& name : names) {
        if (by_name_.contains(name)) continue;
        user u{next_user_, name, admin, time_.now(), std::nullopt, {}};
        c.push_back(upsert(u));
        made.push_back(u.id);
        insert(std::move(u));
    }
    if (made.empty()) co_return made;
    auto done = co_await save(std::move(c));
    if (done) tell_all(made);
    if (done) co_return made;
    for (auto id : made) erase(id);
    co_return fail(done.error());
}

asio::awaitable<result<void>> people::set_admin(std::int64_t id, bool admin) {
    auto* u = edit(id);
    if (!u) co_return fail(errc::not_found, "no such user");
    const bool before = u->admin;
    if (before == admin) co_return result<void>{};
    u->admin = admin;
    store::changes c;
    c.push_back(upsert(*u));
    auto done = co_await save(std::move(c));
    if (auto* again = edit(id); !done && again) again->admin = before;
    if (done) tell_all({id});
    co_return done;
}

asio::awaitable<result<void>> people::set_claimed_roles(std::int64_t id, std::set<std::string, std::less<>> roles) {
    auto* u = edit(id);
    if (!u) co_return fail(errc::not_found, "no such user");
    if (u->claimed_roles == roles) co_return result<void>{};
    auto before = std::exchange(u->claimed_roles, std::move(roles));
    store::changes c;
    c.push_back(upsert(*u));
    auto done = co_await save(std::move(c));
    if (auto* again = edit(id); !done && again) again->claimed_roles = std::move(before);
    if (done) tell_all({id});
    co_return done;
}

asio::awaitable<result<void>> people::rename(std::int64_t id, std::string name) {
    auto* u = edit(id);
    if (!u) co_return fail(errc::not_found, "no such user");
    if (by_name_.contains(name)) co_return fail(errc::already_exists, "User " + name + " already exists, username must be unique");
    const auto before = u->name;
    by_name_.erase(before);
    by_name_[name] = id;
    u->name = name;
    store::changes c;
    c.push_back(upsert(*u));
    auto done = co_await save(std::move(c));
    if (auto* again = edit(id); !done && again) {
        by_name_.erase(again->name);
        by_name_[before] = id;
        again->name = before;
    }
    if (done) tell(id, before);
    co_return done;
}

asio::awaitable<result<void>> people::remove_user(std::int64_t id) {
    const auto* u = find(id);
    if (!u) co_return fail(errc::not_found, "no such user");
    const user before = *u;
    std::vector<std::int64_t> member_of;
    for (const auto& [gid, g] : groups_)
        if (g.members.contains(id)) member_of.push_back(gid);
    erase(id);
    store::changes c;
    c.push_back({"DELETE FROM group_members WHERE user_id = :id", {{"id", id}}});
    c.push_back({"DELETE FROM users WHERE id = :id", {{"id", id}}});
    // An id never comes again: what may be left of its first owner is nobody's.
    c.push_back({"INSERT INTO last_user_id (one, id) VALUES (1, :id) ON CONFLICT (one) DO UPDATE SET id = :id", {{"id", next_user_ - 1}}});
    auto done = co_await save(std::move(c));
    if (done) tell(id, before.name);
    if (!done) {
        insert(before);
        for (auto gid : member_of)
            if (auto g = groups_.find(gid); g != groups_.end()) g->second.members.insert(id);
    }
    co_return done;
}

void people::touch(std::int64_t id, time_point when) {
    auto* u = edit(id);
    if (!u || (u->last_activity && *u->last_activity >= when)) return;
    u->last_activity = when;
    auto& last = written_[id];
    if (when - last < std::chrono::seconds(30)) return;
    last = when;
    db_.write_behind("user-activity-" + std::to_string(id),
                     {"UPDATE users SET last_activity = :t WHERE id = :id", {{"t", store::stored(when)}, {"id", id}}});
}

} // namespace berth::hub
