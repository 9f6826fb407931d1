// SPDX-License-Identifier: BSD-3-Clause
// All tokens in memory, found by whatever they are asked for. Private to the room. On the hub thread.
#pragma once

#include "auth/tokens/tokens.hpp"

#include <map>
#include <set>
#include <unordered_map>
#include <utility>

namespace berth::auth {

// A digest is uniform already: its first bytes are its hash.
struct digest_hash {
    std::size_t operator()(const std::string& digest) const;
};
struct digest_equal {
    bool operator()(const std::string& a, const std::string& b) const;
};

class token_index {
  public:
    using ids = std::set<std::int64_t>;

    // `digest`: SHA-256 of the value, raw. False, and nothing done, when the digest or the id is there
    // already.
    bool insert(std::string digest, token_record r);
    // Whether there was such a token.
    bool erase(std::int64_t id);
    // Removes all with lower ids, and gives them back as they would be inserted.
    std::vector<std::pair<std::string, token_record>> take_below(std::int64_t id);

    token_record* find(std::int64_t id);
    token_record* find_digest(const std::string& digest);
    const ids& of_user(std::int64_t user_id) const;
    const ids& of_client(std::string_view client_id) const;
    std::vector<std::int64_t> expired(time_point now) const;
    std::size_t size() const { return tokens_.size(); }
    std::int64_t highest_id() const { return tokens_.empty() ? 0 : tokens_.rbegin()->first; }

  private:
    struct entry {
        std::string digest;
        token_record record;
    };
    std::map<std::int64_t, entry> tokens_; // references to values stay valid while others come and go
    std::unordered_map<std::string, std::int64_t, digest_hash, digest_equal> by_digest_;
    std::unordered_map<std::int64_t, ids> by_user_;
    std::map<std::string, ids, std::less<>> by_client_;
    std::set<std::pair<time_point, std::int64_t>> by_expiry_;
};

} // namespace berth::auth
