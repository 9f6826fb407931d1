// SPDX-License-Identifier: BSD-3-Clause
#include "auth/credentials/credential_state.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::auth {
namespace {

namespace asio = boost::asio;

constexpr duration last_wait = std::chrono::seconds(1);

} // namespace

user_credentials::state::state(const asio::any_io_executor& executor, clock& t, logger& l, store::database& d,
                               identity_provider& p, vault k, credential_settings s)
    : time(t)
    , log(l)
    , db(d)
    , provider(p)
    , keys(std::move(k))
    , settings(std::move(s))
    , refreshes(executor, l)
    , upkeep(executor, l) {}

credential* user_credentials::state::find(std::int64_t session) {
    const auto it = all.find(session);
    return it == all.end() ? nullptr : &it->second;
}

credential* user_credentials::state::find(std::int64_t session, std::uint64_t generation) {
    auto* c = find(session);
    return c && c->generation == generation ? c : nullptr;
}

void user_credentials::state::insert(credential c) {
    c.generation = ++last_generation;
    by_user[c.user_id].insert(c.session);
    all.insert_or_assign(c.session, std::move(c));
}

std::optional<credential> user_credentials::state::take(std::int64_t session) {
    auto node = all.extract(session);
    if (node.empty()) return std::nullopt;
    const auto mine = by_user.find(node.mapped().user_id);
    mine->second.erase(session);
    if (mine->second.empty()) by_user.erase(mine);
    unsaved.erase(session);
    return std::move(node.mapped());
}

user_credentials::user_credentials(asio::any_io_executor executor, clock& time, logger& log,
                                   store::database& db, identity_provider& provider, vault keys,
                                   credential_settings settings)
    : state_(
          std::make_shared<state>(executor, time, log, db, provider, std::move(keys), std::move(settings))) {}

user_credentials::~user_credentials() {
    state_->gone = true;
    state_->refreshes.cancel();
    state_->upkeep.cancel();
}

store::migrations user_credentials::tables() { return credential_tables(); }

asio::awaitable<result<void>> user_credentials::load() {
    const auto s = state_;
    const auto rows = co_await s->db.query(select_credentials());
    if (!rows) co_return fail(rows.error());
    for (const auto& row : *rows) {
        const auto session = store::integer(row, "session");
        auto c = read_credential(row, s->keys);
        if (c) {
            if (is_sealed_by_old_key(row, s->keys)) s->unsaved.insert(session);
            s->insert(std::move(*c));
            continue;
        }
        s->sealed_away[session] = {store::integer(row, "user_id"), store::text(row, "subject"),
                                   store::text(row, "provider_session")};
        const bool unknown = c.error().code == errc::not_found;
        s->log.error(
            unknown ? "credential.sealed_by_unknown_key" : "credential.damaged",
            {{"session", session},
             {"reason", c.error()},
             {"remedy", unknown ? "put the key back into the vault's keys and restart; until then the user "
                                  "must sign in again for it"
                                : "the user must sign in again for it"}});
    }
    if (!s->unsaved.empty()) {
        s->log.info("credential.sealing_anew", {{"count", s->unsaved.size()}});
        s->start_writer();
    }
    co_return result<void>{};
}

// A refresh under way is awaited first: its answer is the only copy of the next refresh token.
asio::awaitable<void> user_credentials::shut_down() {
    const auto s = state_;
    s->closing = true;
    s->upkeep.cancel();
    const auto landed = co_await s->refreshes.join(s->settings.patience);
    if (!landed) s->log.warning("credential.refresh_cut_off", {{"reason", landed.error()}});
    s->refreshes.cancel();
    (void)co_await s->refreshes.join(last_wait);
    (void)co_await s->upkeep.join(last_wait);
    while (!s->unsaved.empty() || !s->undeleted.empty())
        if (s->writing || !co_await s->write_some()) break;
}

asio::awaitable<result<void>> user_credentials::keep(std::int64_t session, std::int64_t user_id,
                                                     std::string subject, std::string provider_session,
                                                     token_grant tokens, std::string userinfo_json) {
    const auto s = state_;
    credential c(session);
    c.user_id = user_id;
    c.subject = std::move(subject);
    c.provider_session = std::move(provider_session);
    c.obtained = s->time.now();
    c.access.life = life_of(tokens, c.obtained);
    c.access.token = std::move(tokens.access_token);
    c.refresh_token = std::move(tokens.refresh_token);
    c.id_token = std::move(tokens.id_token);
    c.refresh_expires = tokens.refresh_expires;
    c.scopes = fmt::format("{}", fmt::join(tokens.scopes, " "));
    c.rest = std::move(tokens.rest);
    c.userinfo = std::move(userinfo_json);
    const store::changes wanted(1, put_credential(c, s->keys));
    // Known before it is durable, so that an end of the session that comes in between finds it.
    s->take(session);
    s->undeleted.erase(session);
    s->insert(std::move(c));
    const auto generation = s->last_generation;
    const auto done = co_await s->db.commit(wanted);
    const bool mine = s->find(session, generation) != nullptr;
    if (done) s->sealed_away.erase(session);
    if (done && !mine)
        co_return fail(errc::conflict, "the session was ended while its sign-in was being stored");
    if (!done && mine) {
        s->take(session);
        s->undeleted.insert(session); // of an earlier sign-in of this session
    }
    co_return done;
}

asio::awaitable<result<access>> user_credentials::fresh(std::int64_t user_id, duration need) {
    const auto s = state_;
    s->write_soon();
    const auto until = s->time.now() + s->settings.patience;
    std::set<std::int64_t> tried;
    failure why{errc::not_found, "there is no sign-in at the identity provider to take a token from: sign in "
                                 "through the browser"};
    for (;;) {
        const auto mine = s->of_user(user_id);
        const auto next =
            std::ranges::find_if(mine, [&](const auto* c) { return !tried.contains(c->session); });
        if (next == mine.end()) co_return fail(why);
        const auto session = (*next)->session;
        tried.insert(session);
        auto got = co_await s->fresh_of(session, need, until);
        if (got) co_return got;
        why = got.error();
        if (why.code == errc::unauthenticated) continue;
        // The provider cannot be asked: another session's token may do.
        for (const auto* c : s->of_user(user_id))
            if (c->access.is_usable(need, s->time.now())) co_return c->access.give();
        co_return fail(why);
    }
}

void user_credentials::distrust(std::int64_t user_id, const secret& refused) {
    const auto sessions = state_->by_user.find(user_id);
    if (sessions == state_->by_user.end()) return;
    for (const auto session : sessions->second) state_->all.at(session).access.distrust(refused);
}

asio::awaitable<std::optional<user_credentials::left_over>> user_credentials::forget(std::int64_t session) {
    const auto s = state_;
    auto c = s->take(session);
    const bool sealed = s->sealed_away.erase(session) > 0;
    if (!c && !sealed) co_return std::nullopt;
    (void)co_await s->erase(std::set<std::int64_t>(&session, &session + 1));
    if (!c) co_return std::nullopt;
    co_return left_over{std::move(c->id_token), std::move(c->refresh_token), std::move(c->provider_session)};
}

asio::awaitable<result<void>> user_credentials::forget_user(std::int64_t user_id) {
    const auto s = state_;
    std::set<std::int64_t> gone;
    if (const auto mine = s->by_user.find(user_id); mine != s->by_user.end()) gone = mine->second;
    for (const auto id : gone) s->take(id);
    for (const auto& [id, row] : s->sealed_away)
        if (row.user_id == user_id) gone.insert(id);
    std::erase_if(s->sealed_away, [&](const auto& entry) { return gone.contains(entry.first); });
    co_return co_await s->erase(std::move(gone));
}

} // namespace berth::auth
