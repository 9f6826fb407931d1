// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "scheduler/spawner/spawner.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace berth {
class metrics_registry;
}

namespace berth::hub {

struct hub;

// The hub's numbers under JupyterHub's names (hub contract 12), so that dashboards go on, and the spawner's own under
// berth_. On the hub thread.
class hub_metrics final : public scheduler::spawn_observer {
  public:
    explicit hub_metrics(metrics_registry& registry);
    ~hub_metrics() override;

    void answered(std::string_view method, std::string_view pattern, int status, std::chrono::nanoseconds took);
    void login_finished(bool success, duration took);
    void culled(); // one server was ended for its limits
    void started(duration took); // from the program's start to its first answer

    void spawn_finished(const std::string& cluster, bool success, duration took) override;
    void stop_finished(const std::string& cluster, duration took) override;
    void polled(const std::string& cluster, bool healthy, duration took) override;

    // Everything in Prometheus' text form; gauges are set from `h` first.
    std::string render(hub& h);

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace berth::hub
