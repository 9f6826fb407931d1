// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/shares.hpp"

#include "daemon/runtime/digest.hpp"
#include "hubapi/model/share_rows.hpp"
#include "hubapi/model/urls.hpp"

#include <algorithm>

namespace berth::hub {
namespace asio = boost::asio;

namespace {

constexpr std::size_t shares_per_owner = 10'000, codes_per_owner = 1'000, code_length = 43; // 256 bits

// Rows of an owner: the keys of one user's servers stand together.
template<class Rows>
auto rows_of_owner(const Rows& by_server, std::int64_t owner) {
    std::vector<std::int64_t> out;
    for (auto at = by_server.lower_bound({owner, ""}); at != by_server.end() && at->first.user_id == owner; ++at)
        out.insert(out.end(), at->second.begin(), at->second.end());
    std::ranges::sort(out);
    return out;
}

} // namespace

store::migrations shares::tables() { return share_tables(); }

asio::awaitable<result<void>> shares::load() {
    auto rows = co_await db_.query({"SELECT * FROM shares ORDER BY id", {}});
    if (!rows) co_return fail(rows.error());
    for (const auto& r : *rows) put(read_share(r));
    auto codes = co_await db_.query({"SELECT * FROM share_codes ORDER BY id", {}});
    if (!codes) co_return fail(codes.error());
    for (const auto& r : *codes) put(read_share_code(r));
    co_return result<void>{};
}

void shares::put(share s) {
    next_share_ = std::max(next_share_, s.id + 1);
    by_server_[s.server].insert(s.id);
    by_grantee_[s.with].insert(s.id);
    shares_[s.id] = std::move(s);
    ++epoch_;
}

void shares::put(share_code c) {
    next_code_ = std::max(next_code_, c.id + 1);
    by_digest_[c.digest] = c.id;
    codes_[c.id] = std::move(c);
}

void shares::take(std::int64_t id, removed& into) {
    const auto at = shares_.find(id);
    if (at == shares_.end()) return;
    const auto drop = [id](auto& index, const auto& key) {
        const auto entry = index.find(key);
        entry->second.erase(id);
        if (entry->second.empty()) index.erase(entry);
    };
    drop(by_server_, at->second.server);
    drop(by_grantee_, at->second.with);
    into.statements.push_back(delete_share(id));
    into.shares.push_back(std::move(at->second));
    shares_.erase(at);
    ++epoch_;
}

void shares::take_code(std::int64_t id, removed& into) {
    const auto at = codes_.find(id);
    if (at == codes_.end()) return;
    by_digest_.erase(at->second.digest);
    into.statements.push_back(delete_share_code(id));
    into.codes.push_back(std::move(at->second));
    codes_.erase(at);
}

void shares::take_codes(const std::function<bool(const share_code&)>& which, removed& into) {
    std::vector<std::int64_t> ids;
    for (const auto& [id, c] : codes_)
        if (which(c)) ids.push_back(id);
    for (auto id : ids) take_code(id, into);
}

const share* shares::find(std::int64_t id) const {
    const auto at = shares_.find(id);
    return at == shares_.end() ? nullptr : &at->second;
}

const share* shares::find(const scheduler::server_key& server, const grantee& with) const {
    const auto all = of_server(server);
    const auto at = std::ranges::find(all, with, [](const share* s) { return s->with; });
    return at == all.end() ? nullptr : *at;
}

std::vector<const share*> shares::of_server(const scheduler::server_key& server) const {
    std::vector<const share*> out;
    if (const auto at = by_server_.find(server); at != by_server_.end())
        for (auto id : at->second) out.push_back(find(id));
    return out;
}

std::vector<const share*> shares::of_owner(std::int64_t owner) const {
    std::vector<const share*> out;
    for (auto id : rows_of_owner(by_server_, owner)) out.push_back(find(id));
    return out;
}

std::vector<const share*> shares::with(const grantee& whom) const {
    std::vector<const share*> out;
    if (const auto at = by_grantee_.find(whom); at != by_grantee_.end())
        for (auto id : at->second) out.push_back(find(id));
    return out;
}

asio::awaitable<result<void>> shares::save_share(share now, std::optional<share_code> used) {
    const auto* known = find(now.id);
    const auto before = known ? std::optional(*known) : std::nullopt;
    store::changes c;
    c.push_back(upsert(now));
    if (used) c.push_back(upsert(*used));
    const auto id = now.id;
    put(std::move(now));
    auto done = co_await db_.commit(std::move(c));
    if (done || !find(id)) co_return done;
    removed back;
    take(id, back);
    if (before) put(*before);
    co_return done;
}

asio::awaitable<result<void>> shares::grant(scheduler::server_key server, grantee with, std::set<std::string> scopes) {
    const auto* known = find(server, with);
    if (!known && rows_of_owner(by_server_, server.user_id).size() >= shares_per_owner)
        co_return fail(errc::limit_exceeded, "You have shared your servers 10,000 times, which is the limit. Revoke some shares first.");
    share s = known ? *known : share{next_share_, std::move(server), with, {}, time_.now()};
    s.scopes.merge(scopes);
    co_return co_await save_share(std::move(s), std::nullopt);
}

asio::awaitable<result<void>> shares::revoke(scheduler::server_key server, grantee with, std::set<std::string> scopes) {
    const auto* known = find(server, with);
    if (!known) co_return result<void>{};
    share left = *known;
    for (const auto& scope : scopes) left.scopes.erase(scope);
    if (!scopes.empty() && !left.scopes.empty()) co_return co_await save_share(std::move(left), std::nullopt);
    removed gone;
    take(left.id, gone);
    co_return co_await save_removal(std::move(gone), true);
}

asio::awaitable<result<void>> shares::revoke_all(scheduler::server_key server) {
    removed gone;
    for (const auto* s : of_server(server)) take(s->id, gone);
    co_return co_await save_removal(std::move(gone), true);
}

asio::awaitable<result<void>> shares::save_removal(removed gone, bool take_back) {
    if (gone.statements.empty()) co_return result<void>{};
    auto done = co_await db_.commit(std::move(gone.statements));
    if (done || !take_back) co_return done;
    for (auto& s : gone.shares) put(std::move(s));
    for (auto& c : gone.codes) put(std::move(c));
    co_return done;
}

const share_code* shares::find_code(std::int64_t id) const {
    const auto at = codes_.find(id);
    return at == codes_.end() || at->second.expires_at <= time_.now() ? nullptr : &at->second;
}

const share_code* shares::find_code(std::string_view code) const {
    const auto at = by_digest_.find(sha256_hex(code));
    return at == by_digest_.end() ? nullptr : find_code(at->second);
}

std::vector<const share_code*> shares::codes_of_owner(std::int64_t owner) const {
    std::vector<const share_code*> out;
    for (const auto& [id, c] : codes_)
        if (c.server.user_id == owner && find_code(id)) out.push_back(&c);
    return out;
}

std::vector<const share_code*> shares::codes_of_server(const scheduler::server_key& server) const {
    auto out = codes_of_owner(server.user_id);
    std::erase_if(out, [&](const share_code* c) { return c->server != server; });
    return out;
}

asio::awaitable<result<shares::issued>> shares::issue_code(scheduler::server_key server, std::set<std::string> scopes, duration lifetime) {
    if (codes_of_owner(server.user_id).size() >= codes_per_owner)
        co_return fail(errc::limit_exceeded, "You have 1,000 share codes that are still good, which is the limit. Revoke some first.");
    issued out{random_alnum(code_length), next_code_};
    share_code c{out.id, std::move(server), std::move(scopes), time_.now(), time_.now() + lifetime, 0, {}, sha256_hex(out.code)};
    store::changes changes;
    changes.push_back(upsert(c));
    put(std::move(c));
    if (auto done = co_await db_.commit(std::move(changes)); !done) {
        removed back;
        take_code(out.id, back);
        co_return fail(done.error());
    }
    co_return out;
}

asio::awaitable<result<void>> shares::remove_codes(std::vector<std::int64_t> ids) {
    removed gone;
    for (auto id : ids) take_code(id, gone);
    co_return co_await save_removal(std::move(gone), true);
}

asio::awaitable<result<void>> shares::exchange(std::int64_t code_id, std::int64_t user) {
    const auto* code = find_code(code_id);
    if (!code) co_return fail(errc::not_found, "This invitation is not good any more.");
    share_code used = *code;
    ++used.exchange_count;
    used.last_exchanged_at = time_.now();
    const grantee with{false, user};
    const auto* known = find(used.server, with);
    share s = known ? *known : share{next_share_, used.server, with, {}, time_.now()};
    s.scopes.insert(used.scopes.begin(), used.scopes.end());
    auto done = co_await save_share(std::move(s), used);
    if (const auto at = codes_.find(code_id); done && at != codes_.end()) {
        at->second.exchange_count = std::max(at->second.exchange_count + 1, used.exchange_count);
        at->second.last_exchanged_at = used.last_exchanged_at;
    }
    co_return done;
}

store::changes shares::renaming(const scheduler::server_key& from, const scheduler::server_key& to) {
    store::changes out;
    for (const auto* table : {"shares", "share_codes"})
        out.push_back({std::string("UPDATE ") + table + " SET server = :to WHERE owner_id = :owner AND server = :from",
                       {{"to", to.name}, {"owner", from.user_id}, {"from", from.name}}});
    return out;
}

void shares::renamed(const scheduler::server_key& from, const scheduler::server_key& to) {
    if (auto node = by_server_.extract(from); !node.empty()) {
        for (auto id : node.mapped()) shares_[id].server = to;
        by_server_[to].merge(node.mapped());
    }
    for (auto& [id, c] : codes_)
        if (c.server == from) c.server = to;
    ++epoch_;
}

asio::awaitable<result<void>> shares::forget_server(scheduler::server_key server) {
    removed gone;
    for (const auto* s : of_server(server)) take(s->id, gone);
    take_codes([&](const share_code& c) { return c.server == server; }, gone);
    co_return co_await save_removal(std::move(gone), false);
}

asio::awaitable<result<void>> shares::forget_user(std::int64_t user) {
    removed gone;
    for (const auto* s : of_owner(user)) take(s->id, gone);
    for (const auto* s : with({false, user})) take(s->id, gone);
    take_codes([&](const share_code& c) { return c.server.user_id == user; }, gone);
    co_return co_await save_removal(std::move(gone), false);
}

asio::awaitable<result<void>> shares::forget_group(std::int64_t group) {
    removed gone;
    for (const auto* s : with({true, group})) take(s->id, gone);
    co_return co_await save_removal(std::move(gone), false);
}

asio::awaitable<result<void>> shares::purge_expired() {
    removed gone;
    take_codes([&](const share_code& c) { return !find_code(c.id); }, gone);
    co_return co_await save_removal(std::move(gone), true);
}

asio::awaitable<result<void>> shares::keep_only(std::function<bool(const scheduler::server_key&)> server_exists,
                                                std::function<bool(const grantee&)> grantee_exists) {
    removed gone;
    std::vector<std::int64_t> ids;
    for (const auto& [id, s] : shares_)
        if (!server_exists(s.server) || !grantee_exists(s.with)) ids.push_back(id);
    for (auto id : ids) take(id, gone);
    take_codes([&](const share_code& c) { return !server_exists(c.server); }, gone);
    co_return co_await save_removal(std::move(gone), false);
}

std::vector<std::string> filtered_scopes(const std::set<std::string>& scopes, std::string_view owner_name, std::string_view server) {
    std::vector<std::string> out;
    for (const auto& scope : scopes) out.push_back(scope + "!server=" + full_name(owner_name, server));
    return out;
}

} // namespace berth::hub
