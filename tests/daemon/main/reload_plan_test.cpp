// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/reload_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace berth::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

configuration of(const std::string& text) {
    const auto file =
        std::filesystem::temp_directory_path() / ("reload_plan_test_" + std::to_string(::getpid()) + ".toml");
    std::ofstream(file) << text;
    auto read_now = read(file.string());
    std::filesystem::remove(file);
    EXPECT_TRUE(read_now.has_value()) << (read_now ? "" : read_now.error().front().to_text());
    return read_now ? std::move(*read_now) : configuration{};
}

constexpr const char* two_clusters =
    "[cluster.a]\nbackend = \"local\"\nlaunch_timeout = \"10s\"\n[cluster.b]\nbackend = \"local\"\n"
    "[[profile]]\nname = \"p\"\ncluster = \"a\"\n";

TEST(reload_plan, the_same_file_changes_nothing) {
    const auto c = of(two_clusters);
    const auto plan = plan_reload(c, of(std::string("# a remark\n") + two_clusters));
    EXPECT_THAT(plan.now, IsEmpty());
    EXPECT_THAT(plan.later, IsEmpty());
}

TEST(reload_plan, takes_what_is_live_and_names_the_rest) {
    const auto plan = plan_reload(
        of("[hub]\nlisten = \"127.0.0.1:8000\"\nactive_server_limit = 3\n[log]\nlevel = \"info\"\n"),
        of("[hub]\nlisten = \"127.0.0.1:9000\"\nactive_server_limit = 4\n[announcement]\nhome = \"x\"\n"));
    EXPECT_THAT(plan.now, ElementsAre("announcement.home", "hub.active_server_limit", "log.level"));
    EXPECT_THAT(plan.later, ElementsAre("hub.listen"));
    EXPECT_EQ(plan.next.hub.listen, "127.0.0.1:8000");
    EXPECT_EQ(plan.next.hub.active_server_limit, 4);
    EXPECT_EQ(plan.next.site.announcement_home, "x");
}

TEST(reload_plan, what_waits_is_named_again) {
    const auto running = of("[hub]\nlisten = \"127.0.0.1:8000\"\n"),
               read_now = of("[hub]\nlisten = \"127.0.0.1:9000\"\nimplicit_spawn = true\n");
    const auto first = plan_reload(running, read_now);
    const auto second = plan_reload(first.next, read_now);
    EXPECT_THAT(second.now, IsEmpty());
    EXPECT_THAT(second.later, ElementsAre("hub.listen"));
}

TEST(reload_plan, a_cluster_keeps_what_it_is) {
    const auto plan = plan_reload(
        of(two_clusters),
        of("[cluster.a]\nbackend = \"slurm\"\nlaunch_timeout = \"20s\"\n[cluster.b]\nbackend = \"local\"\n"
           "launch_timeout = \"30s\"\n[[profile]]\nname = \"p\"\ncluster = \"a\"\n"));
    EXPECT_THAT(plan.later, ElementsAre("cluster.a.backend", "cluster.a.launch_timeout"));
    EXPECT_THAT(plan.now, ElementsAre("cluster.b.launch_timeout"));
    EXPECT_EQ(plan.next.clusters[0].backend, "local");
    EXPECT_EQ(plan.next.clusters[0].settings.launch_timeout, std::chrono::seconds(10));
    EXPECT_EQ(plan.next.clusters[1].settings.launch_timeout, std::chrono::seconds(30));
}

TEST(reload_plan, profiles_wait_for_the_cluster_that_they_name) {
    const auto plan =
        plan_reload(of(two_clusters), of(std::string(two_clusters) +
                                         "[[profile]]\nname = \"q\"\ncluster = \"new\"\n"
                                         "[cluster.new]\nbackend = \"local\"\ncmd = [\"/bin/true\"]\n"));
    EXPECT_THAT(plan.now, IsEmpty());
    EXPECT_THAT(plan.later, ElementsAre("cluster.new", "profile.q"));
    EXPECT_EQ(plan.next.catalogue.profiles.size(), 1u);
}

TEST(reload_plan, tls_is_not_switched_on_or_off) {
    auto with = of("[hub]\n"), without = of("[hub]\n");
    with.tls.certificate = "/c.pem";
    with.keys["tls.certificate"] = "digest";
    EXPECT_THAT(plan_reload(without, with).later, ElementsAre("tls.certificate"));
    EXPECT_THAT(plan_reload(with, without).later, ElementsAre("tls.certificate"));
    auto other = with;
    other.keys["tls.certificate"] = "another";
    EXPECT_THAT(plan_reload(with, other).now, ElementsAre("tls.certificate"));
}

TEST(reload_plan, the_table_is_in_order) {
    const auto table = live_keys();
    EXPECT_TRUE(std::ranges::is_sorted(table, {}, &live_key::pattern));
}

} // namespace
} // namespace berth::config
