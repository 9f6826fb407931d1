// SPDX-License-Identifier: BSD-3-Clause
// How a name and a password become an identity, and who may come in at all.
#pragma once

#include "daemon/runtime/result.hpp"
#include "daemon/runtime/secret.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace berth {
class helper_process;
}

namespace berth::auth {

struct identity {
    std::string name;                // normalised: lower case
    std::vector<std::string> groups; // as the method tells them
};

// Checks credentials. On the hub thread; never blocks it; every call has a deadline.
class password_check {
  public:
    virtual ~password_check() = default;
    // unauthenticated: wrong name or password (never which); denied: right, but the account or its password
    // has expired; unavailable: could not be asked, try again later. The sentences are for the page.
    virtual boost::asio::awaitable<result<identity>> check(std::string name, secret password) = 0;
};

// [login] method "dummy": any name; any password, or the one given.
std::unique_ptr<password_check> make_dummy_check(secret password_or_empty);
// [login] method "pam": through the helper (berth-pam-helper [--service NAME]), which needs root to read the
// shadow file. Empty passwords are refused unasked. `helper` must outlive it.
std::unique_ptr<password_check> make_pam_check(helper_process& helper);

// Who may sign in ([login] keys), after the credentials were found right.
struct admission {
    bool allow_all = false;
    std::set<std::string, std::less<>> allowed_users, allowed_groups, blocked_users, admin_users,
        admin_groups;
};
struct admitted {
    bool admin = false; // named in admin_users or a member of admin_groups
};
// denied with a sentence for the page. Blocked wins over everything; admins are always allowed.
result<admitted> admit(const admission& rules, const identity& who);

// Trimmed, ASCII letters in lower case; invalid_argument when empty, over 255 bytes, not UTF-8, with "/",
// control characters, surrounding blanks or only dots, as it stands or percent-decoded (hub contract 11:
// Authenticator names).
result<std::string> normalise_username(std::string_view name);

} // namespace berth::auth
