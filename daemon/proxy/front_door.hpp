// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/proxy/settings.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/result.hpp"

#include <functional>
#include <memory>
#include <string>

namespace berth::proxy {

// The reverse proxy: io threads, a control thread with configurable-http-proxy's REST API, the routes. All
// functions are for any one thread, usually that which made it; `log` must be thread-safe and outlive it.
class front_door {
  public:
    front_door(settings config, logger& log);
    front_door(const front_door&) = delete;
    front_door& operator=(const front_door&) = delete;
    ~front_door(); // stops at once

    // Reads certificates, binds, starts the threads. The failure names the address or the file, and what to
    // do.
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
    // Called on the control thread when POST /api/shutdown has been answered. Set before `start`.
    void on_shutdown(std::function<void()> f);

    struct counts {
        std::size_t connections = 0, tunnels = 0;
    };
    counts now() const;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

// `berth proxy`: runs until SIGTERM or SIGINT (drains and returns), reloads certificates on SIGHUP and when
// their files change. To be called from the main thread before other threads exist: it blocks these signals
// for all of them. `ready` is told once the door is open (for sd_notify). Returns the process's exit status.
int run_front_door(settings config, logger& log, const std::function<void(const front_door&)>& ready = {});

} // namespace berth::proxy
