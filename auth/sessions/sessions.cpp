// SPDX-License-Identifier: BSD-3-Clause
#include "auth/sessions/sessions.hpp"

#include "auth/sessions/session_rows.hpp"
#include "auth/sessions/session_state.hpp"
#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"

#include <algorithm>

namespace berth::auth {
namespace {

namespace asio = boost::asio;
using ids = std::vector<std::int64_t>;

constexpr duration seen_resolution = std::chrono::seconds(60);
// Scripts that sign in at each run would otherwise fill the memory: the oldest session of a user makes room.
constexpr std::size_t sessions_per_user = 50;
constexpr std::size_t longest_user_agent = 256;

// Headers hold any bytes; what is shown and stored is text.
std::string plain(std::string_view header) {
    header = header.substr(0, longest_user_agent);
    return is_valid_utf8(header) ? std::string(header) : std::string();
}

void append(ids& list, std::int64_t id) {
    if (std::ranges::find(list, id) == list.end()) list.push_back(id);
}

bool sends_session_id(const http::request& r, const std::string& id) {
    const auto sent = r.cookies(session_id_cookie);
    return std::ranges::find(sent, id) != sent.end();
}

} // namespace

std::vector<session*> session_store::state::all_of(const http::request& r) {
    std::vector<session*> out;
    for (const auto& value : r.cookies(login_cookie)) {
        const auto digest = cookies.login_digest(value);
        auto* s = digest ? table.find_digest(*digest) : nullptr;
        if (s && !is_over(*s)) out.push_back(s);
    }
    return out;
}

session* session_store::state::of(const http::request& r) {
    const auto all = all_of(r);
    return all.empty() ? nullptr : all.front();
}

session session_store::state::describe(const http::request& r, std::int64_t user_id) {
    session out;
    out.id = ++last_id;
    out.user_id = user_id;
    out.session_id = random_hex(16);
    out.user_agent = plain(r.header("User-Agent"));
    out.address = r.peer_address;
    out.created = out.last_seen = time.now();
    return out;
}

session_store::session_store(clock& time, logger& log, store::database& db, session_settings settings)
    : state_(std::make_unique<state>(time, log, db, std::move(settings))) {}
session_store::~session_store() = default;

store::migrations session_store::tables() { return session_tables(); }

void session_store::on_end(std::function<void(const session&)> told) { state_->told = std::move(told); }

asio::awaitable<result<void>> session_store::load() {
    auto& s = *state_;
    auto rows = co_await s.db.query(select_sessions());
    if (!rows) co_return fail(rows.error());
    store::changes void_ones;
    for (const auto& row : *rows) {
        auto read = read_session(row);
        s.last_id = std::max(s.last_id, read.about.id);
        if (store::text(row, "secret_id") != s.cookies.secret_id() || s.is_over(read.about))
            void_ones.push_back(delete_session(read.about.id));
        else
            s.table.insert(std::move(read));
    }
    if (void_ones.empty()) co_return result<void>{};
    s.log.info("session.dropped",
               {{"count", void_ones.size()}, {"reason", "expired, or the cookie secret has changed"}});
    co_return co_await s.db.commit(std::move(void_ones));
}

asio::awaitable<result<void>> session_store::state::exchange(std::optional<kept_session> made, ids gone) {
    std::vector<kept_session> taken;
    store::changes wanted;
    for (const auto id : gone)
        if (auto one = table.take(id)) {
            wanted.push_back(delete_session(id));
            taken.push_back(std::move(*one));
        }
    const auto made_id = made ? made->about.id : 0;
    // Known before it is durable, so that an end of all the user's sessions that comes in between finds it.
    if (made) {
        wanted.push_back(insert_session(*made, cookies.secret_id()));
        table.insert(std::move(*made));
    }
    if (wanted.empty()) co_return result<void>{};
    if (const auto done = co_await db.commit(std::move(wanted)); !done) {
        table.take(made_id);
        for (auto& one : taken) table.insert(std::move(one));
        co_return fail(done.error());
    }
    for (const auto& one : taken) {
        log.info("session.ended", {{"session", one.about.id}, {"user_id", one.about.user_id}});
        if (told) told(one.about);
    }
    co_return result<void>{};
}

asio::awaitable<result<void>> session_store::sign_in(const http::request& r, http::response& answer,
                                                     std::int64_t user_id) {
    auto& s = *state_;
    ids others;
    for (const auto* old : s.all_of(r)) append(others, old->id);
    const auto& mine = s.table.of_user(user_id);
    auto surplus = mine.size() < sessions_per_user ? 0 : mine.size() - sessions_per_user + 1;
    for (auto at = mine.begin(); surplus > 0; ++at, --surplus) append(others, *at);

    const auto value = s.cookies.make_login();
    kept_session made{*s.cookies.login_digest(value.reveal()), s.describe(r, user_id)};
    const auto about = made.about;
    if (auto done = co_await s.exchange(std::move(made), std::move(others)); !done)
        co_return fail(done.error());
    if (!s.table.find(about.id))
        co_return fail(errc::conflict, "the session was ended while it was being made");
    s.cookies.set_session_id(r, answer, about.session_id);
    s.cookies.set_login(r, answer, value);
    s.cookies.set_xsrf(r, answer, s.cookies.session_xsrf(about.session_id));
    s.log.info("session.started", {{"session", about.id}, {"user_id", user_id}, {"address", about.address}});
    co_return result<void>{};
}

const session* session_store::find(const http::request& r) {
    auto& s = *state_;
    auto* found = s.of(r);
    if (found && s.time.now() - found->last_seen >= seen_resolution) {
        found->last_seen = s.time.now();
        s.db.write_behind("session:" + std::to_string(found->id), touch_session(found->id, found->last_seen));
    }
    return found;
}

asio::awaitable<result<std::optional<session>>> session_store::sign_out(const http::request& r,
                                                                        http::response& answer) {
    auto& s = *state_;
    const bool had_cookie = !r.cookies(login_cookie).empty();
    std::optional<session> ended;
    ids wanted;
    for (const auto* one : s.all_of(r)) {
        if (!ended) ended = *one;
        append(wanted, one->id);
    }
    if (auto done = co_await end(std::move(wanted)); !done) co_return fail(done.error());
    if (had_cookie) s.cookies.clear_all(r, answer);
    co_return ended;
}

asio::awaitable<result<void>> session_store::end(ids wanted) {
    co_return co_await state_->exchange(std::nullopt, std::move(wanted));
}

asio::awaitable<result<void>> session_store::end_user(std::int64_t user_id) {
    const auto& mine = state_->table.of_user(user_id);
    co_return co_await end(ids(mine.begin(), mine.end()));
}

asio::awaitable<result<void>> session_store::purge_expired() {
    co_return co_await end(state_->table.created_before(state_->time.now() - state_->settings.max_age));
}

void session_store::change_max_age(duration d) { state_->settings.max_age = d; }

std::vector<const session*> session_store::of_user(std::int64_t user_id) const {
    std::vector<const session*> out;
    for (const auto id : state_->table.of_user(user_id))
        if (const auto* s = state_->table.find(id); !state_->is_over(*s)) out.push_back(s);
    return out;
}

std::string session_store::session_id_of(const http::request& r) {
    const auto* s = state_->of(r);
    return s && sends_session_id(r, s->session_id) ? s->session_id : std::string();
}

void session_store::mend_cookies(const http::request& r, http::response& answer) const {
    const auto& s = *state_;
    const auto* mine = state_->of(r);
    if (!mine) {
        if (!r.cookies(login_cookie).empty()) s.cookies.clear_login(r, answer);
        return;
    }
    if (!sends_session_id(r, mine->session_id)) s.cookies.set_session_id(r, answer, mine->session_id);
    s.cookies.set_xsrf(r, answer, s.cookies.session_xsrf(mine->session_id));
}

} // namespace berth::auth
