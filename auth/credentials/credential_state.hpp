// SPDX-License-Identifier: BSD-3-Clause
// What the parts of user_credentials share. Private to the room.
#pragma once

#include "auth/credentials/credential_rows.hpp"
#include "auth/credentials/user_credentials.hpp"
#include "daemon/runtime/task.hpp"

#include <map>
#include <set>

namespace berth::auth {

// Coroutines hold it, so that an object dropped in the middle of a refresh leaves nothing dangling; after
// each await they look whether it is `gone`, and find their credential again.
struct user_credentials::state : std::enable_shared_from_this<state> {
    clock& time;
    logger& log;
    store::database& db;
    identity_provider& provider;
    vault keys;
    credential_settings settings;
    task_scope refreshes, upkeep;

    std::map<std::int64_t, credential> all; // by session
    std::map<std::int64_t, std::set<std::int64_t>> by_user;
    // Rows that no key opens: what their columns say.
    struct sealed_row {
        std::int64_t user_id;
        std::string subject, provider_session;
    };
    std::map<std::int64_t, sealed_row> sealed_away;
    // What the disk did not take, or what is sealed under an old key.
    std::set<std::int64_t> unsaved, undeleted;
    bool writing = false, writer_runs = false, refused_by_disk = false;
    bool closing = false, gone = false;
    std::uint64_t last_generation = 0;
    user_credentials::counts told;
    short_life_notice short_life;

    state(const boost::asio::any_io_executor& executor, clock& t, logger& l, store::database& d,
          identity_provider& p, vault k, credential_settings s);

    // The table.
    credential* find(std::int64_t session);
    credential* find(std::int64_t session, std::uint64_t generation); // of that very sign-in
    void insert(credential c);
    std::optional<credential> take(std::int64_t session);
    // The one that is tried first is first; those that need a sign-in come last.
    std::vector<const credential*> of_user(std::int64_t user_id) const;
    // Why it cannot be refreshed but by a sign-in; "" when it can.
    std::string needs_sign_in(const credential& c) const;

    // refresh.cpp
    boost::asio::awaitable<result<access>> fresh_of(std::int64_t session, duration need, time_point until);
    std::optional<result<access>> without_asking(const credential& c, duration need, duration wanted);
    result<access> give(const credential& c, duration wanted);
    std::shared_ptr<flight> start_refresh(credential& c);

    // write_back.cpp: the credential as it is now; what fails is tried again every few seconds, and with each
    // `fresh`.
    boost::asio::awaitable<void> save(std::int64_t session);
    // Rows that must go; the failure that the disk gave.
    boost::asio::awaitable<result<void>> erase(std::set<std::int64_t> sessions);
    // Some of what is waiting; false when the disk refused. Nothing when somebody writes already.
    boost::asio::awaitable<bool> write_some();
    void start_writer();
    void write_soon(); // one attempt, now
};

} // namespace berth::auth
