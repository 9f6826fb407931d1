// SPDX-License-Identifier: BSD-3-Clause
// configurable-http-proxy's command line: what starts that one starts `berth proxy` too, where it can do what is asked.
#pragma once

#include "daemon/proxy/settings.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/result.hpp"

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace berth::config {

struct chp_options {
    std::string ip, socket, api_ip = "localhost", api_socket;
    int port = 8000, api_port = 0; // 0: the next one
    std::string ssl_key, ssl_cert, default_target, error_target, pid_file, log_level = "info";
    int redirect_port = 0, redirect_to = 0;        // 0: none, the public port
    int proxy_timeout = 0, keep_alive_timeout = 0; // ms; 0: none, the usual one
    bool host_routing = false, no_prepend_path = false;
};

void add_chp_options(CLI::App& command, chp_options& o);
// Whether the command line has one of them.
bool has_chp_options(const CLI::App& command);
// invalid_argument with a sentence for what only configurable-http-proxy can do.
result<void> refuse_others(const CLI::App& command);

// `token`: the API's, "" for none. invalid_argument for options that do not go together.
result<proxy::settings> chp_settings(const chp_options& o, std::string token);
// Of the door that only sends to https; nothing without --redirect-port.
std::optional<proxy::settings> redirect_settings(const chp_options& o);
result<log_level> chp_log_level(const chp_options& o);

} // namespace berth::config
