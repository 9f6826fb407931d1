// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/user_changes.hpp"

#include "auth/login/login.hpp"
#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/servers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::hub {
namespace asio = boost::asio;

namespace {

constexpr auto stop_patience = std::chrono::seconds(10);

// Stops every server of the user and waits for it; false when one is still there.
asio::awaitable<bool> stop_all(hub& h, std::int64_t user_id) {
    std::vector<scheduler::server_key> keys;
    for (const auto* s : h.servers.of_user(user_id)) keys.push_back(s->key);
    for (const auto& key : keys) (void)co_await h.servers.stop(key, true);
    for (const auto& key : keys) {
        co_await settled(h, key, stop_patience);
        if (const auto* s = h.servers.find(key); s && s->active()) co_return false;
    }
    co_return true;
}

asio::awaitable<result<void>> rename_user(hub& h, std::int64_t id, std::string wanted) {
    auto good = auth::normalise_username(wanted);
    if (!good) co_return fail(errc::invalid_argument, "Invalid username: " + wanted);
    auto done = co_await h.who.rename(id, *good);
    if (!done && done.error().code == errc::already_exists)
        co_return fail(errc::invalid_argument, done.error().message);
    if (!done) co_return done;
    co_return co_await h.servers.rename_user(id, *good);
}

} // namespace

bool may_grant_admin(const hub& h, const principal& caller) {
    const auto* u = h.who.find(caller.user_id);
    return u && u->admin;
}

result<std::vector<std::string>> valid_user_names(const std::vector<std::string>& names) {
    std::vector<std::string> out;
    for (const auto& name : names) {
        auto good = auth::normalise_username(name);
        if (!good) return fail(errc::invalid_argument, "Invalid username: " + name);
        out.push_back(std::move(*good));
    }
    return out;
}

bool valid_group_name(std::string_view name) {
    return name.find_first_not_of('.') != std::string_view::npos && name.size() <= 255 &&
           is_valid_utf8(name) &&
           std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f || c == '/'; });
}

asio::awaitable<result<void>> change_user(hub& h, principal caller, std::int64_t id, user_change wanted) {
    const auto* u = h.who.find(id);
    if (!u) co_return fail(errc::not_found, "no such user");
    const bool was_admin = u->admin, admin = wanted.admin.value_or(was_admin);
    if (was_admin && !may_grant_admin(h, caller))
        co_return fail(errc::denied, "Only admins can modify other admins");
    if (admin != was_admin && !may_grant_admin(h, caller))
        co_return fail(errc::denied, "Only admins can grant admin permissions");
    if (wanted.name && *wanted.name != u->name)
        if (auto done = co_await rename_user(h, id, *wanted.name); !done) co_return done;
    co_return co_await h.who.set_admin(id, admin);
}

asio::awaitable<result<void>> delete_user(hub& h, principal caller, std::int64_t id) {
    const auto* u = h.who.find(id);
    if (!u) co_return fail(errc::not_found, "no such user");
    const auto name = u->name;
    if (caller.user_id == id) co_return fail(errc::invalid_argument, "Cannot delete yourself!");
    const bool stopped = co_await stop_all(h, id);
    if (stopped) {
        if (auto done = co_await h.sessions.end_user(id); !done) co_return fail(done.error());
        if (auto done = co_await h.tokens.revoke_user(id); !done) co_return fail(done.error());
    }
    // Somebody may have started a server meanwhile: it must not outlive its owner.
    if (!stopped || std::ranges::any_of(h.servers.of_user(id), [](const auto* s) { return s->active(); }))
        co_return fail(errc::invalid_argument,
                       fmt::format("{}'s server is in the process of stopping, please wait.", name));
    if (auto done = co_await h.shared.forget_user(id); !done) co_return done;
    if (auto done = co_await h.who.remove_user(id); !done) co_return done;
    h.log.info("user.deleted", {{"user", name}, {"by", caller.name}});
    co_return result<void>{};
}

asio::awaitable<result<void>> delete_group(hub& h, principal caller, std::string name) {
    const auto* g = h.who.find_group(name);
    if (!g) co_return fail(errc::not_found, "No such group: " + name);
    if (auto done = co_await h.shared.forget_group(g->id); !done) co_return done;
    if (auto done = co_await h.who.remove_group(name); !done) co_return done;
    h.log.info("group.deleted", {{"group", name}, {"by", caller.name}});
    co_return result<void>{};
}

} // namespace berth::hub
