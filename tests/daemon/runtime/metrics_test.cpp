// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/metrics.hpp"

#include <gmock/gmock.h>

namespace berth {
namespace {

using testing::HasSubstr;

TEST(Metrics, RendersWhatWasCounted) {
    metrics_registry r;
    auto c = r.counter("server_spawn_total", "Spawns", {{"status", "success"}});
    c.add();
    r.counter("server_spawn_total", "Spawns", {{"status", "success"}}).add(2); // the same series
    r.counter("server_spawn_total", "Spawns", {{"status", "fa\"il"}});
    r.gauge("running_servers", "Now").set(7);
    auto h = r.histogram("request_seconds", "Time", {}, {0.1, 1});
    h.observe(0.5);
    r.histogram("request_seconds", "Time", {{"other", "labels"}}, {5}); // keeps the first bounds
    const auto text = r.render();
    EXPECT_THAT(text, HasSubstr("# TYPE server_spawn_total counter"));
    EXPECT_THAT(text, HasSubstr("server_spawn_total{status=\"success\"} 3"));
    EXPECT_THAT(text, HasSubstr("status=\"fa\\\"il\""));
    EXPECT_THAT(text, HasSubstr("running_servers 7"));
    EXPECT_THAT(text, HasSubstr("request_seconds_bucket{le=\"1\"} 1"));
    EXPECT_THAT(text, HasSubstr("request_seconds_bucket{other=\"labels\",le=\"0.1\"} 0"));
    EXPECT_EQ(c.value(), 3);
}

TEST(Metrics, AWrongNameIsABug) {
    metrics_registry r;
    EXPECT_THROW(r.counter("9 lives", ""), std::invalid_argument);
    r.counter("x", "");
    EXPECT_THROW(r.gauge("x", ""), std::invalid_argument);
}

} // namespace
} // namespace berth
