// SPDX-License-Identifier: BSD-3-Clause
#include "auth/credentials/credential_state.hpp"

#include <utility>

namespace berth::auth {
namespace {

namespace asio = boost::asio;

constexpr std::size_t some = 20;
constexpr duration disk_again = std::chrono::seconds(5);

} // namespace

asio::awaitable<void> user_credentials::state::save(std::int64_t session) {
    const auto self = shared_from_this();
    const auto* c = find(session);
    if (!c) co_return;
    const auto generation = c->generation, revision = c->revision;
    const auto done = co_await db.commit(store::changes(1, update_credential(*c, keys)));
    c = gone ? nullptr : find(session, generation);
    if (!c) co_return;
    if (done && c->revision == revision) unsaved.erase(session);
    if (done) co_return;
    unsaved.insert(session);
    if (!std::exchange(refused_by_disk, true))
        log.error("credential.not_stored",
                  {{"reason", done.error()},
                   {"remedy",
                    "renewed tokens are used from memory and written as soon as the disk takes them; a hub "
                    "that ends before asks these users to sign in again"}});
    start_writer();
}

asio::awaitable<result<void>> user_credentials::state::erase(std::set<std::int64_t> sessions) {
    const auto self = shared_from_this();
    store::changes deletions;
    for (const auto id : sessions) deletions.push_back(delete_credential(id));
    if (deletions.empty()) co_return result<void>{};
    auto done = co_await db.commit(std::move(deletions));
    if (done || gone) co_return done;
    for (const auto id : sessions)
        if (!all.contains(id)) undeleted.insert(id);
    start_writer();
    co_return done;
}

asio::awaitable<bool> user_credentials::state::write_some() {
    const auto self = shared_from_this();
    if (writing) co_return true;
    struct turn {
        bool& flag;
        explicit turn(bool& f) : flag(f) { flag = true; }
        ~turn() { flag = false; }
    } mine(writing);
    store::changes wanted;
    std::map<std::int64_t, std::uint64_t> written;
    std::erase_if(unsaved, [this](std::int64_t id) { return !all.contains(id); });
    for (auto at = unsaved.begin(); at != unsaved.end() && written.size() < some; ++at) {
        const auto* c = find(*at);
        wanted.push_back(update_credential(*c, keys));
        written.emplace(*at, c->revision);
    }
    const auto deleted = undeleted;
    for (const auto id : deleted) wanted.push_back(delete_credential(id));
    if (wanted.empty()) co_return true;
    const auto done = co_await db.commit(std::move(wanted));
    if (gone || !done) co_return false;
    for (const auto& [id, revision] : written)
        if (const auto* c = find(id); c && c->revision == revision) unsaved.erase(id);
    for (const auto id : deleted) undeleted.erase(id);
    if (unsaved.empty() && std::exchange(refused_by_disk, false)) log.info("credential.stored");
    co_return true;
}

void user_credentials::state::start_writer() {
    struct loop {
        static asio::awaitable<void> run(std::shared_ptr<state> s) {
            while (!s->gone && !(s->unsaved.empty() && s->undeleted.empty()))
                if (s->writing || !co_await s->write_some()) co_await s->time.sleep_for(disk_again);
            s->writer_runs = false;
        }
    };
    if (!std::exchange(writer_runs, true)) upkeep.spawn("credentials.write", loop::run(shared_from_this()));
}

void user_credentials::state::write_soon() {
    struct once {
        static asio::awaitable<void> run(std::shared_ptr<state> s) { (void)co_await s->write_some(); }
    };
    if (!writing && !(unsaved.empty() && undeleted.empty()))
        upkeep.spawn("credentials.write", once::run(shared_from_this()));
}

} // namespace berth::auth
