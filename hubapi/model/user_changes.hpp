// SPDX-License-Identifier: BSD-3-Clause
// Making, changing and deleting users and groups for the API and for pages alike: the rules, in one place. Who may do so
// at all is the handlers' business: admin:users, delete:users, delete:groups.
#pragma once

#include "hubapi/model/hub.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::hub {

// Only who is an admin makes others so or changes them; a service is none (hub contract 1.4).
bool may_grant_admin(const hub& h, const principal& caller);

// The names as users are called; invalid_argument names the first that cannot be one.
result<std::vector<std::string>> valid_user_names(const std::vector<std::string>& names);

// A group's name stands in addresses: text without slashes and control characters, not "." nor "..", not over
// 255 bytes.
bool valid_group_name(std::string_view name);

struct user_change {
    std::optional<std::string> name;
    std::optional<bool> admin;
};
// Failures: not_found, denied (of admins, for who is none), invalid_argument (the name is none or taken), and
// the store's.
boost::asio::awaitable<result<void>> change_user(hub& h, principal caller, std::int64_t id,
                                                 user_change wanted);

// Ends the user's servers, sessions and tokens, then the user. invalid_argument: oneself, or a server has not
// ended yet.
boost::asio::awaitable<result<void>> delete_user(hub& h, principal caller, std::int64_t id);

// Ends what is shared with the group, then the group. not_found, and the store's.
boost::asio::awaitable<result<void>> delete_group(hub& h, principal caller, std::string name);

} // namespace berth::hub
