// SPDX-License-Identifier: BSD-3-Clause
// The agent's parts that need no Slurm.
#include "scheduler/common/pending_reasons.hpp"
#include "scheduler/slurm/agent/job_request.hpp"
#include "scheduler/slurm/agent/verbs.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace berth;
using namespace berth::slurm_agent;
using nlohmann::json;

TEST(agent, reasons_that_waiting_does_not_cure) {
    for (const auto* word :
         {"PartitionTimeLimit", "PartitionNodeLimit", "PartitionConfig", "BadConstraints", "InvalidAccount",
          "InvalidQOS", "DependencyNeverSatisfied", "AssocMaxWallDurationPerJobLimit", "QOSMaxCpuPerJobLimit",
          "QOSMaxNodePerJobLimit", "QOSMinGRES", "AssocMaxMemPerNode"})
        EXPECT_TRUE(scheduler::never_starts(word)) << word;
    for (const auto* word :
         {"", "Priority", "Resources", "PartitionDown", "ReqNodeNotAvail", "QOSMaxJobsPerUserLimit",
          "QOSMaxCpuPerUserLimit", "AssocGrpCpuLimit", "JobHeldAdmin", "Licenses", "Reservation", "BeginTime",
          "NodeDown", "AssocMaxJobsLimit", "MaxJobsPerAccount"})
        EXPECT_FALSE(scheduler::never_starts(word)) << word;
}

TEST(agent, touches_only_its_own_jobs) {
    const settings s{"", "berth-h1-", 1000};
    EXPECT_TRUE(check_job_name(s, "berth-h1-abc.2_x"));
    EXPECT_EQ(check_job_name(s, "berth-h2-abc").error().code, errc::denied);
    for (const auto* name :
         {"berth-h1-", "berth-h1-a/b", "berth-h1-../x", "berth-h1-a b", "berth-h1-a\nb", "berth-h1-%j"})
        EXPECT_FALSE(check_job_name(s, name)) << name;
    EXPECT_FALSE(check_job_name(s, "berth-h1-" + std::string(300, 'a')));
    EXPECT_FALSE(check_job_name({}, "anything"));
    for (const auto* verb : {"submit", "cancel", "log"})
        EXPECT_EQ(handle(s, verb, {{"job_name", "sleep"}, {"user", "root"}}).error().code, errc::denied)
            << verb;
}

TEST(agent, submits_for_nobody_below_the_minimum) {
    const settings s{"", "berth-h1-", 1000};
    const auto refused = [&](const char* user) {
        return handle(s, "submit", {{"job_name", "berth-h1-1"}, {"user", user}, {"script", ""}});
    };
    EXPECT_EQ(refused("root").error().code, errc::denied);
    EXPECT_EQ(refused("daemon").error().code, errc::denied);
    EXPECT_EQ(refused("no-such-account").error().code, errc::not_found);
    EXPECT_EQ(refused("").error().code, errc::not_found);
}

TEST(agent, numbers_are_whole_and_have_an_end) {
    job_request r;
    for (const auto* name : {"nprocs", "cpus", "nodes", "memory_mib", "runtime_s"})
        for (const json& value : {json(2e37), json(1.5), json(-1), json("1"), json(0x1'0000'0000)})
            EXPECT_EQ(r.set_fields({{name, value}}).error().code, errc::invalid_argument) << name << value;
    EXPECT_TRUE(r.set_fields({{"nprocs", 2}, {"memory_mib", 4096}}));
}

TEST(agent, malformed_requests) {
    const settings s{"/nonexistent/slurm.conf", "berth-h1-", 1000};
    for (const auto& arguments : {json(nullptr), json::array(), json::object(), json({{"job_name", 1}})})
        for (const auto* verb : {"submit", "cancel", "log"})
            EXPECT_EQ(handle(s, verb, arguments).error().code, errc::invalid_argument) << verb << arguments;
    EXPECT_EQ(handle(s, "rm", {}).error().code, errc::invalid_argument);
    EXPECT_EQ(
        handle(s, "cancel", {{"job_id", "1; rm"}, {"job_name", "berth-h1-1"}, {"user", "x"}}).error().code,
        errc::invalid_argument);
}

TEST(agent, options_that_are_none) {
    job_request r;
    for (const auto* option : {"", "-", "--", "x", "-=", "--=1", "-w"})
        EXPECT_EQ(apply_option(r, option).error().code, errc::invalid_argument) << option;
    EXPECT_TRUE(apply_option(r, "-wnode1"));
}

TEST(agent, a_missing_slurm_conf_is_told_before_libslurm_looks_for_it) {
    const settings s{"/nonexistent/slurm.conf", "berth-h1-", 1000};
    for (const auto* verb : {"hello", "list", "nodes"}) {
        const auto r = handle(s, verb, json::object());
        ASSERT_FALSE(r) << verb;
        EXPECT_EQ(r.error().code, errc::unavailable);
        EXPECT_NE(r.error().message.find("/nonexistent/slurm.conf"), std::string::npos);
    }
}
