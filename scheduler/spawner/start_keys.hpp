// SPDX-License-Identifier: BSD-3-Clause
// Which orders have started a server: a start that is asked for twice under one key is one start. Pure values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace berth::scheduler {

struct start_key {
    std::string key;   // who asked, and under which key; a digest, "" for none
    std::string order; // what was asked for; a digest
    bool operator==(const start_key&) const = default;
};

inline constexpr std::size_t start_keys_kept = 8; // of each server, the newest

inline const start_key* find_start_key(const std::vector<start_key>& kept, std::string_view key) {
    const auto at = std::ranges::find(kept, key, &start_key::key);
    return at == kept.end() ? nullptr : &*at;
}

inline void keep_start_key(std::vector<start_key>& kept, start_key added) {
    if (added.key.empty()) return;
    if (kept.size() >= start_keys_kept) kept.erase(kept.begin());
    kept.push_back(std::move(added));
}

} // namespace berth::scheduler
