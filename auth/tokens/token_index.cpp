// SPDX-License-Identifier: BSD-3-Clause
#include "auth/tokens/token_index.hpp"

#include "daemon/runtime/digest.hpp"

#include <algorithm>
#include <cstring>

namespace berth::auth {
namespace {

const token_index::ids nothing;

// Removes `id` from the set under `key`, and the set with its last member.
template<class Map, class Key>
void drop(Map& sets, const Key& key, std::int64_t id) {
    const auto at = sets.find(key);
    if (at == sets.end()) return;
    at->second.erase(id);
    if (at->second.empty()) sets.erase(at);
}

} // namespace

std::size_t digest_hash::operator()(const std::string& digest) const {
    std::size_t out = 0;
    std::memcpy(&out, digest.data(), std::min(sizeof out, digest.size()));
    return out;
}

bool digest_equal::operator()(const std::string& a, const std::string& b) const {
    return equal_constant_time(a, b);
}

bool token_index::insert(std::string digest, token_record r) {
    if (by_digest_.contains(digest) || tokens_.contains(r.id)) return false;
    const auto id = r.id;
    by_digest_.emplace(digest, id);
    if (r.user_id) by_user_[*r.user_id].insert(id);
    by_client_[r.client_id].insert(id);
    if (r.expires_at) by_expiry_.emplace(*r.expires_at, id);
    tokens_.emplace(id, entry{std::move(digest), std::move(r)});
    return true;
}

bool token_index::erase(std::int64_t id) {
    const auto at = tokens_.find(id);
    if (at == tokens_.end()) return false;
    const auto& r = at->second.record;
    by_digest_.erase(at->second.digest);
    if (r.user_id) drop(by_user_, *r.user_id, id);
    drop(by_client_, r.client_id, id);
    if (r.expires_at) by_expiry_.erase({*r.expires_at, id});
    tokens_.erase(at);
    return true;
}

token_record* token_index::find(std::int64_t id) {
    const auto at = tokens_.find(id);
    return at == tokens_.end() ? nullptr : &at->second.record;
}

token_record* token_index::find_digest(const std::string& digest) {
    const auto at = by_digest_.find(digest);
    return at == by_digest_.end() ? nullptr : find(at->second);
}

const token_index::ids& token_index::of_user(std::int64_t user_id) const {
    const auto at = by_user_.find(user_id);
    return at == by_user_.end() ? nothing : at->second;
}

const token_index::ids& token_index::of_client(std::string_view client_id) const {
    const auto at = by_client_.find(client_id);
    return at == by_client_.end() ? nothing : at->second;
}

std::vector<std::int64_t> token_index::expired(time_point now) const {
    std::vector<std::int64_t> out;
    for (const auto& [when, id] : by_expiry_) {
        if (when > now) break;
        out.push_back(id);
    }
    return out;
}

std::vector<std::pair<std::string, token_record>> token_index::take_below(std::int64_t id) {
    std::vector<std::pair<std::string, token_record>> out;
    for (auto at = tokens_.begin(); at != tokens_.end() && at->first < id; ++at)
        out.emplace_back(at->second.digest, at->second.record);
    for (const auto& [digest, r] : out) erase(r.id);
    return out;
}

} // namespace berth::auth
