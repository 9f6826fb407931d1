// SPDX-License-Identifier: BSD-3-Clause
// All sessions in memory. Private to the room. On the hub thread.
#pragma once

#include "auth/sessions/sessions.hpp"

#include <set>
#include <unordered_map>

namespace berth::auth {

struct kept_session {
    std::string digest; // of the login cookie's key, hex
    session about;
};

class session_table {
  public:
    void insert(kept_session s);
    // What was there, if it was.
    std::optional<kept_session> take(std::int64_t id);
    session* find(std::int64_t id);
    session* find_digest(const std::string& digest);
    // Oldest first.
    const std::set<std::int64_t>& of_user(std::int64_t user_id) const;
    std::vector<std::int64_t> created_before(time_point t) const;

  private:
    std::unordered_map<std::int64_t, kept_session> sessions_;
    std::unordered_map<std::string, std::int64_t> by_digest_;
    std::unordered_map<std::int64_t, std::set<std::int64_t>> by_user_;
};

} // namespace berth::auth
