// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/metrics.hpp"

#include "daemon/runtime/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::hub {
namespace {

TEST(hub_metrics_test, what_dashboards_draw_is_there_from_the_beginning) {
    metrics_registry registry;
    hub_metrics metrics(registry);
    for (const auto* series : {R"(jupyterhub_server_spawn_duration_seconds_count{status="success"} 0)", R"(jupyterhub_server_spawn_duration_seconds_count{status="failure"} 0)",
                               R"(jupyterhub_login_duration_seconds_count{status="success"} 0)", R"(jupyterhub_server_stop_seconds_count{status="success"} 0)"})
        EXPECT_THAT(registry.render(), testing::HasSubstr(series));
    metrics.spawn_finished("hpc", false, std::chrono::seconds(3));
    EXPECT_THAT(registry.render(), testing::HasSubstr(R"(jupyterhub_server_spawn_duration_seconds_count{status="failure"} 1)"));
}

} // namespace
} // namespace berth::hub
