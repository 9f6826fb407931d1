// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/proxy/handover.hpp"
#include "daemon/proxy/settings.hpp"
#include "daemon/proxy/succession.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/result.hpp"

#include <functional>
#include <memory>
#include <string>

namespace berth::proxy {

// What the process around a door does for it. Each may be empty; called on the control thread.
struct door_hooks {
    std::function<void()> shut_down = {};                    // POST /api/shutdown has been answered
    std::function<result<settings>()> read_settings = {};    // as they are now
    std::function<result<launched_successor>()> launch = {}; // a process that will take the door over
    std::function<void()> handed_over = {};                  // it has: what is left here drains
    std::function<void()> abandoned = {}; // the successor has gone: nobody can reach us any more
};

// The reverse proxy: io threads, a control thread with configurable-http-proxy's REST API, the routes. All
// functions are for any one thread, usually that which made it; `log` must be thread-safe and outlive it.
class front_door {
  public:
    front_door(settings config, logger& log, inheritance from = {}, door_hooks hooks = {});
    front_door(const front_door&) = delete;
    front_door& operator=(const front_door&) = delete;
    ~front_door(); // stops at once

    // Reads certificates, binds (or takes what it has inherited), starts the threads; a predecessor is told.
    // The failure names the address or the file, and what to do.
    result<void> start();
    // "http://127.0.0.1:34567", "unix:/path": with port 0 given, the one chosen. `api_address` is "" without
    // an API.
    std::string address() const;
    std::string api_address() const;

    // No new connections; requests under way end within `grace`, then everything is closed and the threads
    // are joined.
    void stop(duration grace);
    // Certificate and key again, for new connections; on failure the old ones stay.
    result<void> reload_tls();
    http::tls_files tls_files() const;
    // Takes certificate, key and trusted proxies of `next`, all or (on failure) nothing.
    result<void> reload(const settings& next);
    // The settings again, through the hook; then as `reload`. What came of it is in the log.
    void reload();
    // Starts a successor and hands over to it. What came of it is in the log.
    void replace();
    // `answered` is called on the control thread once every thread has come by.
    void ask_all(std::function<void()> answered);

    struct counts {
        std::size_t connections = 0, tunnels = 0;
    };
    counts now() const;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

// What `berth proxy` adds to a door.
struct run_hooks {
    std::function<void(const front_door&)> ready = {}; // the door is open
    std::function<void()> alive = {};                  // every `alive_every`, as long as all threads come by
    duration alive_every{0};                           // 0: not wanted
    std::function<result<settings>()> read_settings = {};
    std::function<result<launched_successor>()> launch = {};
};

// `berth proxy`: runs until SIGTERM or SIGINT (drains and returns), reads settings and certificates again on
// SIGHUP, certificates also when their files change, and hands over to a successor on SIGUSR2 (then drains
// for as long as `handover_time`). To be called from the main thread before other threads exist: it blocks
// these signals for all of them. Returns the process's exit status.
int run_front_door(settings config, logger& log, inheritance from = {}, run_hooks hooks = {});

} // namespace berth::proxy
