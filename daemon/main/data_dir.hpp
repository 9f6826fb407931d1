// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/main/configuration.hpp"
#include "daemon/runtime/result.hpp"
#include "daemon/runtime/secret.hpp"
#include "daemon/runtime/spawn.hpp"

#include <optional>
#include <string>
#include <sys/types.h>

namespace berth::config {

// [hub] user: the account that the daemon drops to.
struct account {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
};
// Nothing when the configuration names none; not_found when there is no such account.
result<std::optional<account>> find_account(const std::string& name);

// What lives in [hub] data_dir:
//   berth.sqlite   cookie_secret   hub_id   proxy_token   admin_token   local/   home/
//   hub.sock       where the hub answers the front door and the commands
//   proxy.sock     where the front door takes its routes
//   hub.pid        locked by the running hub, and its process id
struct data_dir {
    std::string path;                // absolute
    std::string database;            // "sqlite:<path>/berth.sqlite", unless configured
    secret cookie_secret, proxy_token, admin_token;
    std::string hub_id;              // 8 of [a-z0-9]: this hub's mark in job names
    std::string file(std::string_view name) const { return path + "/" + std::string(name); }
};

// Creates what is missing (directory 0700, secrets 0600), owned by `owner` when given, and reads it. Failures name the
// file and the remedy. The proxy's token comes from api_token_file or CONFIGPROXY_AUTH_TOKEN where those are set.
result<data_dir> open_data_dir(const configuration& c, const std::optional<account>& owner);

// Takes hub.pid for this process; conflict with the other's process id when a hub runs on this directory already. Kept
// locked until the process ends, however it ends.
result<unique_fd> lock_hub(const data_dir& d, const std::optional<account>& owner);
// The process id of the hub that runs on this directory, if one does.
std::optional<pid_t> running_hub(const data_dir& d);

// Gives up root for good: groups, group and user id. Every helper that needs root must be running.
result<void> become(const account& a);

} // namespace berth::config
