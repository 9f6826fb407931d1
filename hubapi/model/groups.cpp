// SPDX-License-Identifier: BSD-3-Clause
// The groups of people.hpp.
#include "hubapi/model/people.hpp"

namespace berth::hub {
namespace asio = boost::asio;

namespace {

store::statement upsert(const group& g) {
    return {"INSERT INTO user_groups (id, name, properties) VALUES (:id, :name, :properties) "
            "ON CONFLICT (id) DO UPDATE SET name = :name, properties = :properties",
            {{"id", g.id}, {"name", g.name}, {"properties", g.properties}}};
}

store::statement join(std::int64_t group, std::int64_t user) {
    return {"INSERT INTO group_members (group_id, user_id) VALUES (:g, :u) ON CONFLICT (group_id, user_id) DO NOTHING",
            {{"g", group}, {"u", user}}};
}

store::statement leave(std::int64_t group, std::int64_t user) {
    return {"DELETE FROM group_members WHERE group_id = :g AND user_id = :u", {{"g", group}, {"u", user}}};
}

} // namespace

const group* people::find_group(std::string_view name) const {
    const auto at = groups_by_name_.find(name);
    return at == groups_by_name_.end() ? nullptr : &groups_.at(at->second);
}

asio::awaitable<result<void>> people::create_groups(std::vector<std::string> names, std::vector<std::int64_t> members) {
    for (const auto& name : names)
        if (find_group(name)) co_return fail(errc::already_exists, "Group " + name + " already exists");
    store::changes c;
    std::vector<std::int64_t> made;
    for (auto& name : names) {
        if (find_group(name)) continue; // named twice
        group g{next_group_++, name, "{}", {}};
        c.push_back(upsert(g));
        for (auto id : members)
            if (auto* u = edit(id)) {
                g.members.insert(id);
                u->groups.insert(name);
                c.push_back(join(g.id, id));
            }
        groups_by_name_[name] = g.id;
        made.push_back(g.id);
        groups_[g.id] = std::move(g);
    }
    auto done = co_await save(std::move(c));
    if (done) tell_all(members);
    if (!done)
        for (auto id : made) {
            const auto at = groups_.find(id);
            if (at == groups_.end()) continue;
            for (auto member : at->second.members)
                if (auto* u = edit(member)) u->groups.erase(at->second.name);
            groups_by_name_.erase(at->second.name);
            groups_.erase(at);
        }
    co_return done;
}

asio::awaitable<result<void>> people::remove_group(std::string name) {
    const auto* found = find_group(name);
    if (!found) co_return fail(errc::not_found, "No such group: " + name);
    group before = *found;
    for (auto id : before.members)
        if (auto* u = edit(id)) u->groups.erase(name);
    groups_by_name_.erase(name);
    groups_.erase(before.id);
    store::changes c;
    c.push_back({"DELETE FROM group_members WHERE group_id = :id", {{"id", before.id}}});
    c.push_back({"DELETE FROM user_groups WHERE id = :id", {{"id", before.id}}});
    auto done = co_await save(std::move(c));
    if (done) tell_all({before.members.begin(), before.members.end()});
    if (!done) {
        for (auto id : before.members)
            if (auto* u = edit(id)) u->groups.insert(name);
        groups_by_name_[name] = before.id;
        groups_[before.id] = before;
    }
    co_return done;
}

asio::awaitable<result<void>> people::add_members(std::string name, std::vector<std::int64_t> ids) {
    auto* g = edit_group(name);
    if (!g) co_return fail(errc::not_found, "No such group: " + name);
    store::changes c;
    std::vector<std::int64_t> added;
    for (auto id : ids)
        if (auto* u = edit(id); u && g->members.insert(id).second) {
            u->groups.insert(name);
            added.push_back(id);
            c.push_back(join(g->id, id));
        }
    if (added.empty()) co_return result<void>{};
    auto done = co_await save(std::move(c));
    if (done) tell_all(added);
    if (auto* again = edit_group(name); !done && again)
        for (auto id : added) {
            again->members.erase(id);
            if (auto* u = edit(id)) u->groups.erase(name);
        }
    co_return done;
}

asio::awaitable<result<void>> people::remove_members(std::string name, std::vector<std::int64_t> ids) {
    auto* g = edit_group(name);
    if (!g) co_return fail(errc::not_found, "No such group: " + name);
    store::changes c;
    std::vector<std::int64_t> removed;
    for (auto id : ids)
        if (g->members.erase(id) > 0) {
            if (auto* u = edit(id)) u->groups.erase(name);
            removed.push_back(id);
            c.push_back(leave(g->id, id));
        }
    if (removed.empty()) co_return result<void>{};
    auto done = co_await save(std::move(c));
    if (done) tell_all(removed);
    if (auto* again = edit_group(name); !done && again)
        for (auto id : removed)
            if (auto* u = edit(id)) {
                again->members.insert(id);
                u->groups.insert(name);
            }
    co_return done;
}

asio::awaitable<result<void>> people::set_properties(std::string name, std::string json) {
    auto* g = edit_group(name);
    if (!g) co_return fail(errc::not_found, "No such group: " + name);
    const auto before = std::exchange(g->properties, std::move(json));
    store::changes c;
    c.push_back(upsert(*g));
    auto done = co_await save(std::move(c));
    if (auto* again = edit_group(name); !done && again) again->properties = before;
    co_return done;
}

asio::awaitable<result<void>> people::set_groups(std::int64_t id, std::set<std::string, std::less<>> wanted) {
    const auto* u = find(id);
    if (!u) co_return fail(errc::not_found, "no such user");
    const auto before = u->groups;
    for (const auto& name : wanted) {
        if (before.contains(name)) continue;
        std::vector<std::int64_t> one;
        one.push_back(id);
        auto done = find_group(name) ? co_await add_members(name, one)
                                     : co_await create_groups(std::vector<std::string>(1, name), one);
        if (!done) co_return done;
    }
    for (const auto& name : before)
        if (!wanted.contains(name))
            if (auto done = co_await remove_members(name, std::vector<std::int64_t>(1, id)); !done) co_return done;
    co_return result<void>{};
}

bool people::is_member(std::string_view user_name, std::string_view group_name) const {
    const auto* u = find(user_name);
    return u && u->groups.contains(group_name);
}

} // namespace berth::hub
