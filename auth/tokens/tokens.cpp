// SPDX-License-Identifier: BSD-3-Clause
#include "auth/tokens/tokens.hpp"

#include "auth/tokens/token_index.hpp"
#include "auth/tokens/token_rows.hpp"
#include "daemon/runtime/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace berth::auth {
namespace {

namespace asio = boost::asio;
using ids = std::vector<std::int64_t>;

constexpr duration activity_resolution = std::chrono::seconds(30);
constexpr std::size_t longest_value = 512;
constexpr std::size_t shortest_configured = 8;
// A client that asks for a token at each start and never lets one go is told so before it fills the memory.
constexpr std::size_t tokens_per_user = 10'000;
constexpr std::string_view own_client = "jupyterhub";

result<void> check_length(const secret& value, const std::string& service) {
    const auto size = value.reveal().size();
    if (size >= shortest_configured && size <= longest_value) return {};
    return fail(errc::invalid_argument, fmt::format("the token of service \"{}\" must have {} to {} characters", service,
                                                    shortest_configured, longest_value));
}

result<void> in_use(const std::string& service) {
    return fail(errc::already_exists, fmt::format("the token of service \"{}\" is used by another one too: give each its own", service));
}

} // namespace

struct token_store::state {
    clock& time;
    logger& log;
    store::database& db;
    token_index index;
    std::int64_t configured = 0; // ids below and with this are taken by tokens that are not in the index
    std::int64_t last_configured = 0; // these count downwards
    token_index::ids
        undeleted; // dead here, but not yet in the database, or it did not take it: asked again with the next change

    // The deletion of an undeleted one may be asked for again: it would meet the second owner of its id.
    std::int64_t next_id() const { return std::max({index.highest_id(), configured, undeleted.empty() ? 0 : *undeleted.rbegin()}) + 1; }

    std::vector<const token_record*> records(const token_index::ids& wanted) {
        std::vector<const token_record*> out;
        out.reserve(wanted.size());
        for (const auto id : wanted) out.push_back(index.find(id));
        return out;
    }
};

token_store::token_store(clock& time, logger& log, store::database& db)
    : state_(std::make_unique<state>(state{time, log, db, {}, 0, 0, {}})) {}
token_store::~token_store() = default;

store::migrations token_store::tables() { return token_tables(); }

asio::awaitable<result<void>> token_store::load() {
    auto rows = co_await state_->db.query(select_tokens());
    if (!rows) co_return fail(rows.error());
    for (const auto& row : *rows) {
        const auto id = store::integer(row, "id");
        auto read = read_token(row);
        if (read && state_->index.insert(std::move(read->first), std::move(read->second))) continue;
        state_->configured = std::max(state_->configured, id); // its row is still there
        state_->log.error("token.unreadable",
                          {{"token", id}, {"remedy", "it is not accepted; issue another one"}});
    }
    co_return result<void>{};
}

asio::awaitable<result<token_store::issued>> token_store::issue(token_record r) {
    auto& s = *state_;
    if (r.user_id && s.index.of_user(*r.user_id).size() >= tokens_per_user)
        co_return fail(
            errc::limit_exceeded,
            fmt::format("there are {} tokens already: revoke some, or let them expire", tokens_per_user));
    issued out{secret(r.client_id == own_client ? random_hex(16) : random_alnum(30)), s.next_id()};
    r.id = out.id;
    r.created = s.time.now();
    r.ephemeral = false;
    auto digest = sha256(out.value.reveal());
    store::changes wanted{insert_token(digest, r)};
    // Known before it is durable, so that a revocation that comes in between finds it. Nobody has its value
    // yet.
    s.index.insert(std::move(digest), std::move(r));
    const auto done = co_await s.db.commit(std::move(wanted));
    if (!done) s.index.erase(out.id);
    if (!done) co_return fail(done.error());
    const auto* made = s.index.find(out.id);
    if (!made) co_return fail(errc::conflict, "the token was revoked while it was being made");
    s.log.info("token.issued",
               {{"token", out.id}, {"client", made->client_id}, {"user_id", made->user_id.value_or(0)}});
    co_return out;
}

asio::awaitable<result<void>> token_store::adopt(secret value, token_record r, store::changes also) {
    auto& s = *state_;
    if (auto ok = check_length(value, r.service); !ok) co_return ok;
    const auto id = r.id = s.next_id();
    r.created = s.time.now();
    r.ephemeral = false;
    auto digest = sha256(value.reveal());
    also.push_back(insert_token(digest, r));
    const auto taken = in_use(r.service);
    if (!s.index.insert(std::move(digest), std::move(r))) co_return taken;
    const auto done = co_await s.db.commit(std::move(also));
    if (!done) s.index.erase(id);
    if (done) s.log.info("token.adopted", {{"token", id}});
    co_return done;
}

result<void> token_store::add_configured(secret value, token_record r) {
    if (auto ok = check_length(value, r.service); !ok) return ok;
    if (!r.internal) ++state_->configured;
    r.id = --state_->last_configured;
    r.created = state_->time.now();
    r.ephemeral = true;
    auto service = r.service;
    if (!state_->index.insert(sha256(value.reveal()), std::move(r))) return in_use(service);
    return {};
}

result<void> token_store::replace_configured(std::vector<std::pair<secret, token_record>> all) {
    auto& s = *state_;
    auto before = s.index.take_below(0);
    const auto first = s.last_configured;
    result<void> added;
    for (auto& [value, r] : all)
        if (added = add_configured(std::move(value), std::move(r)); !added) break;
    if (added) return added;
    for (auto id = first; id > s.last_configured;) s.index.erase(--id);
    for (auto& [digest, r] : before) s.index.insert(std::move(digest), std::move(r));
    return added;
}

const token_record* token_store::authenticate(std::string_view value) {
    if (value.empty() || value.size() > longest_value) return nullptr;
    auto* t = state_->index.find_digest(sha256(value));
    const auto now = state_->time.now();
    if (!t || (t->expires_at && *t->expires_at <= now)) return nullptr;
    if (!t->last_activity || now - *t->last_activity >= activity_resolution) {
        t->last_activity = now;
        if (!t->ephemeral) state_->db.write_behind(fmt::format("token:{}", t->id), touch_token(t->id, now));
    }
    return t;
}

const token_record* token_store::find(std::int64_t id) const { return state_->index.find(id); }

std::vector<const token_record*> token_store::of_user(std::int64_t user_id) const {
    return state_->records(state_->index.of_user(user_id));
}

std::vector<const token_record*> token_store::of_client(std::string_view client_id) const {
    return state_->records(state_->index.of_client(client_id));
}

std::vector<const token_record*> token_store::of_service(std::string_view service) const {
    auto all = of_client(own_client);
    std::erase_if(all, [&](const auto* t) { return t->user_id || t->ephemeral || t->service != service; });
    return all;
}

asio::awaitable<result<void>> token_store::revoke(ids wanted, store::changes also) {
    auto& s = *state_;
    std::size_t count = 0;
    for (const auto id : wanted) {
        const auto* t = s.index.find(id);
        if (!t) continue;
        ++count;
        if (!t->ephemeral) s.undeleted.insert(id);
        s.index.erase(id); // dead at once, whatever the disk says
    }
    if (s.undeleted.empty() && also.empty()) co_return result<void>{};
    const auto dead = s.undeleted;
    for (const auto id : dead) also.push_back(delete_token(id));
    const auto done = co_await s.db.commit(std::move(also));
    if (!done) co_return done;
    for (const auto id : dead) s.undeleted.erase(id);
    s.log.info("token.revoked", {{"count", count}});
    co_return result<void>{};
}

asio::awaitable<result<void>> token_store::revoke_user(std::int64_t user_id) {
    const auto& mine = state_->index.of_user(user_id);
    co_return co_await revoke(ids(mine.begin(), mine.end()));
}

asio::awaitable<result<void>> token_store::revoke_client(std::string client_id) {
    const auto& mine = state_->index.of_client(client_id);
    co_return co_await revoke(ids(mine.begin(), mine.end()));
}

asio::awaitable<result<void>> token_store::revoke_session(std::int64_t user_id, std::string session_id) {
    ids mine;
    if (!session_id.empty())
        for (const auto* t : of_user(user_id))
            if (t->session_id == session_id && t->client_id != own_client) mine.push_back(t->id);
    co_return co_await revoke(std::move(mine));
}

asio::awaitable<result<void>> token_store::purge_expired() {
    co_return co_await revoke(state_->index.expired(state_->time.now()));
}

std::size_t token_store::size() const { return state_->index.size(); }

} // namespace berth::auth
