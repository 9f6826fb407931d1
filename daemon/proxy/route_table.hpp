// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/proxy/target.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace berth::proxy {

// The wall clock, in milliseconds since the epoch: what routes note their activity in.
inline std::int64_t wall_ms() {
    return std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds(1);
}

// One route. Immutable but for its activity, which any thread may note.
struct route {
    std::string prefix; // "/user/al": decoded, no slash at the end; "/" is the default route
    proxy::target target;
    std::string data; // the JSON object that came with it, "target" included, without last_activity
    mutable std::atomic<std::int64_t> last_activity_ms{0}; // since the epoch

    bool is_default() const { return prefix == "/"; }
    void note_activity(std::int64_t now_ms) const {
        last_activity_ms.store(now_ms, std::memory_order_relaxed);
    }
};
using route_ptr = std::shared_ptr<const route>;

// "user/al/" and "/user/al/" become "/user/al"; "" becomes "/".
std::string clean_prefix(std::string_view path);
// The path of a request target as routes see it: without query, decoded, "." and ".." resolved. Looked up as
// it stands where none of that applies; else `storage` holds the result.
std::string_view routed_path(std::string_view target, std::string& storage);

// Longest prefix by path segment, as configurable-http-proxy does it. Each thread has its own.
class route_table {
  public:
    void set(route_ptr r);
    void remove(const std::string& prefix);
    void replace(const std::vector<route_ptr>& all);
    // Null when neither a route nor the default route covers the path.
    const route_ptr* find(std::string_view path) const;
    const route_ptr* exact(std::string_view prefix) const;
    std::size_t size() const { return routes_.size(); }

  private:
    struct hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
    };
    std::unordered_map<std::string, route_ptr, hash, std::equal_to<>> routes_;
    std::size_t depth_ = 0; // segments of the deepest prefix ever set
};

} // namespace berth::proxy
