// SPDX-License-Identifier: BSD-3-Clause
// What of a changed configuration takes effect in a running hub. The keys that do are one table
// (reload_plan.cpp), from which the hub applies them and the log names the others.
#pragma once

#include "daemon/main/configuration.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace berth::config {

struct live_key {
    // "hub.cookie_max_age"; "cluster.*.cmd": of any cluster; "role.*": all of [[role]]. What stands below it
    // is meant too.
    std::string_view pattern;
    // Takes the key's values; false when they cannot be had before a restart. Null: the front door takes
    // them.
    bool (*take)(configuration& to, const configuration& from);
};
std::span<const live_key> live_keys();

// The keys whose values differ, sorted, as an administrator knows them: "hub.listen", "profile.small", and
// "cluster.NAME" alone for a cluster that is there in one of them only.
std::vector<std::string> changed_keys(const key_digests& a, const key_digests& b);

struct reload_plan {
    configuration next;             // `running` with what takes effect
    std::vector<std::string> now;   // keys that take effect
    std::vector<std::string> later; // keys that wait for a restart
};
reload_plan plan_reload(const configuration& running, const configuration& read);

} // namespace berth::config
