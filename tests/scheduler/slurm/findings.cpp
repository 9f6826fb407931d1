// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/findings.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

using namespace berth;
using namespace berth::scheduler;
using nlohmann::json;
using testing::HasSubstr;

namespace {

const json hello{
    {"uid", 1000}, {"slurm_uid", 64}, {"library", "22.05.8"}, {"version", "24.11.1"}, {"accounting", false}};
const json nodes = json::parse(R"({"nodes": {"IDLE": 3, "DOWN": 1}, "partitions": [
    {"name": "debug", "up": false, "default": true, "max_runtime_s": 3600}, {"name": "long", "up": true}]})");

std::string bad_ones(const std::vector<finding>& all) {
    std::string out;
    for (const auto& f : all) {
        if (f.good) continue;
        EXPECT_NE(f.remedy, "") << f.what;
        out += f.what + "\n";
    }
    return out;
}

} // namespace

TEST(findings, an_unprivileged_agent_and_another_release) {
    const auto told = bad_ones(about_controller(hello, false));
    EXPECT_THAT(told, HasSubstr("uid 1000, which may not submit jobs for others"));
    EXPECT_THAT(told, HasSubstr("built for Slurm 22.05.8, slurmctld is 24.11.1"));
    EXPECT_THAT(bad_ones(about_controller(hello, true)), testing::Not(HasSubstr("uid 1000")));
}

TEST(findings, partitions) {
    job_fields f;
    f.runtime = std::chrono::hours(2);
    const auto told = bad_ones(about_partitions(nodes, f));
    EXPECT_THAT(told, HasSubstr("partition debug is not up"));
    EXPECT_THAT(told, HasSubstr("default runtime 02:00:00 is more than partition debug allows (01:00:00)"));
    f.partition = "long";
    EXPECT_EQ(bad_ones(about_partitions(nodes, f)), "");
    f.partition = "gpu";
    EXPECT_THAT(bad_ones(about_partitions(nodes, f)), HasSubstr("there is no partition gpu"));
    EXPECT_EQ(about_partitions(nodes, f).back().remedy,
              "set partition in the cluster's defaults to one of debug, long");
    EXPECT_THAT(bad_ones(about_partitions(json::object(), f)), HasSubstr("malformed"));
}

TEST(findings, a_silent_agent_has_a_remedy) {
    for (const auto* words :
         {"cannot read /x: set slurm_conf in ...", "libslurm cannot work: y", "is munged running?",
          "Slurm: Unable to contact slurm controller (1800)", "something else"})
        EXPECT_NE(silent_agent({errc::unavailable, words}).remedy, "") << words;
}
