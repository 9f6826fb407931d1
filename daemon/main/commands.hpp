// SPDX-License-Identifier: BSD-3-Clause
// The commands of the `berth` program. Each returns the process's exit status: 0 done, 1 failed (said on standard error),
// 2 wrong configuration.
#pragma once

#include "daemon/main/proxy_options.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace berth::config {

struct common_options {
    std::string config_file; // "" for none
    std::string data_dir;    // "" for the configuration's
};

struct serve_options {
    bool door_apart = false; // the front door is somebody else's to start, such as a unit's
};
int serve_command(const common_options& o, const serve_options& s);

struct proxy_options {
    bool replace = false;   // have the door that runs hand over to a new one
    bool successor = false; // be that new one: standard input is the line to the old one
    chp_options chp;        // in place of a configuration, when one of them is given
    bool as_chp = false;
};
int proxy_command(const common_options& o, const proxy_options& p);

struct stop_options {
    bool servers = false;   // stop the notebook servers too
    bool hub_only = false;  // leave the front door open
};
int stop_command(const common_options& o, const stop_options& s);

int check_command(const common_options& o);

struct token_options {
    std::string user, note = "berth token";
    std::int64_t expires_in = 0; // seconds; 0: never
    std::vector<std::string> scopes;
};
int token_command(const common_options& o, const token_options& t);

} // namespace berth::config
