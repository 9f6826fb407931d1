// SPDX-License-Identifier: BSD-3-Clause
// What the parts of session_store share. Private to the room.
#pragma once

#include "auth/sessions/cookies.hpp"
#include "auth/sessions/session_table.hpp"

#include <functional>

namespace berth::auth {

struct session_store::state {
    clock& time;
    logger& log;
    store::database& db;
    session_settings settings;
    cookie_maker cookies{settings};
    session_table table;
    std::int64_t last_id = 0;
    std::function<void(const session&)> told;

    state(clock& t, logger& l, store::database& d, session_settings s)
        : time(t)
        , log(l)
        , db(d)
        , settings(std::move(s)) {}

    bool is_over(const session& s) const { return s.created + settings.max_age <= time.now(); }
    // Live sessions of the request's login cookies, in the order sent.
    std::vector<session*> all_of(const http::request& r);
    session* of(const http::request& r);

    // A new session of this browser.
    session describe(const http::request& r, std::int64_t user_id);
    // In one transaction: `made` comes, those of `gone` that exist go. At once here; on failure as if nothing
    // had happened.
    boost::asio::awaitable<result<void>> exchange(std::optional<kept_session> made,
                                                  std::vector<std::int64_t> gone);
};

} // namespace berth::auth
