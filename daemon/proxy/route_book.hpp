// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/proxy/route_table.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <vector>

namespace berth::proxy {

// The control thread's routes, from which the io threads' tables are made.
class route_book {
  public:
    // A route's first segment is a host from here on, and is in its data as "host".
    void use_hosts(bool hosts) { hosts_ = hosts; }
    // `data`: a JSON object with a string "target". invalid_argument otherwise (configurable-http-proxy:
    // 400). A route that leads where the old one of its prefix led keeps its tunnels: it is `replaced` only
    // when it does not.
    struct change {
        route_ptr added;
        route_ptr replaced;
    };
    result<change> add(std::string_view path, const std::string& data, std::int64_t now_ms);
    route_ptr remove(std::string_view path); // null: there is none

    // Many at once: {"/user/al": {"target": ...}, ...}; the others stay. Nothing changes when one of them is wrong.
    result<std::vector<change>> add_all(const std::string& table, std::int64_t now_ms);

    // The table of a predecessor, with its activity. A default route that is not among them stays.
    result<void> adopt(const std::string& table, std::int64_t now_ms);

    route_ptr find(std::string_view path) const;
    std::vector<route_ptr> all() const;

    // As configurable-http-proxy writes them: the data with last_activity.
    std::string to_json(const route& r) const;
    std::string to_json(const std::vector<route_ptr>& list) const;

  private:
    change put(route_ptr r, std::int64_t now_ms);
    result<std::shared_ptr<route>> make_route(std::string prefix, nlohmann::json data, std::int64_t now_ms) const;

    bool hosts_ = false;
    std::map<std::string, route_ptr, std::less<>> routes_;
};

} // namespace berth::proxy
