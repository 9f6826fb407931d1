// SPDX-License-Identifier: BSD-3-Clause
#include "auth/sessions/session_table.hpp"

namespace berth::auth {
namespace {

const std::set<std::int64_t> nothing;

} // namespace

void session_table::insert(kept_session s) {
    const auto id = s.about.id;
    by_digest_[s.digest] = id;
    by_user_[s.about.user_id].insert(id);
    sessions_.insert_or_assign(id, std::move(s));
}

std::optional<kept_session> session_table::take(std::int64_t id) {
    const auto at = sessions_.find(id);
    if (at == sessions_.end()) return std::nullopt;
    auto out = std::move(at->second);
    sessions_.erase(at);
    by_digest_.erase(out.digest);
    const auto mine = by_user_.find(out.about.user_id);
    mine->second.erase(id);
    if (mine->second.empty()) by_user_.erase(mine);
    return out;
}

session* session_table::find(std::int64_t id) {
    const auto at = sessions_.find(id);
    return at == sessions_.end() ? nullptr : &at->second.about;
}

session* session_table::find_digest(const std::string& digest) {
    const auto at = by_digest_.find(digest);
    return at == by_digest_.end() ? nullptr : find(at->second);
}

const std::set<std::int64_t>& session_table::of_user(std::int64_t user_id) const {
    const auto at = by_user_.find(user_id);
    return at == by_user_.end() ? nothing : at->second;
}

std::vector<std::int64_t> session_table::created_before(time_point t) const {
    std::vector<std::int64_t> out;
    for (const auto& [id, s] : sessions_)
        if (s.about.created <= t) out.push_back(id);
    return out;
}

} // namespace berth::auth
