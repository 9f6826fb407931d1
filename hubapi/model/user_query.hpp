// SPDX-License-Identifier: BSD-3-Clause
// A page of users, for the API and for the admin page alike.
#pragma once

#include "hubapi/model/hub.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace berth::hub {

enum class user_state { any, active, ready, pending, inactive };
enum class user_order { id, name, last_activity };

struct user_query {
    user_state state = user_state::any;
    std::string name_filter; // a part of the name, whatever its case
    user_order order = user_order::id;
    bool descending = false;
    std::size_t offset = 0, limit = 50;
};

struct user_page {
    std::vector<const user*> users; // good until the next co_await
    std::size_t total = 0;          // that fit, on all pages
};

// The users that `scopes` lists (list:users) and the query asks for. A user is ready, pending or active with
// any one server that is. Users that never were active stand first in ascending order of last activity.
user_page find_users(const hub& h, const auth::scope_set& scopes, const user_query& q);

// Whether the user has a server in that state.
bool is_in_state(const hub& h, std::int64_t user_id, user_state state);

} // namespace berth::hub
