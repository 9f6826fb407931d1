// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/failure_text.hpp"

#include <gtest/gtest.h>

namespace berth::scheduler {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct told {
    const char* name;
    std::string state;
    std::optional<int> exit_code, signal;
    bool was_ready;
    std::string sentence;
    std::string reason = {};
};

constexpr auto cannot_open =
    "The job could not be started on its node: its folder or its log could not be opened there (job 4711)";

class job_endings : public testing::TestWithParam<told> {};
TEST_P(job_endings, in_words) {
    const auto& p = GetParam();
    ending e;
    job_status job;
    job.job_id = "4711";
    job.phase = job_phase::over;
    job.state = p.state;
    job.reason = p.reason;
    job.exit_code = p.exit_code;
    job.signal = p.signal;
    job.node = "node3";
    job.started = time_point(seconds(1000));
    job.ended = time_point(seconds(4600));
    e.job = job;
    e.was_ready = p.was_ready;
    EXPECT_EQ(failure_sentence(e), p.sentence);
}
INSTANTIATE_TEST_SUITE_P(
    all, job_endings,
    testing::Values(
        told{"oom", "OUT_OF_MEMORY", 137, {}, true, "Out of memory (job 4711)"},
        told{"scancel", "CANCELLED", 0, 15, true, "The job was cancelled from outside (scancel) (job 4711)"},
        told{"time", "TIMEOUT", 0, {}, true, "Time limit reached after 1:00:00 (job 4711)"},
        told{"node", "NODE_FAIL", 0, {}, true, "The node failed: node3 (job 4711)"},
        told{"boot", "BOOT_FAIL", {}, {}, false, "The node did not boot (job 4711)"},
        told{"preempted",
             "PREEMPTED",
             0,
             {},
             true,
             "The job had to make room for another one (preempted) (job 4711)"},
        told{"early_exit", "FAILED", 1, {}, false, "Exit code 1 before the server answered (job 4711)"},
        told{"late_exit", "FAILED", 3, {}, true, "Exit code 3 while the server was running (job 4711)"},
        told{"no_command",
             "FAILED",
             127,
             {},
             false,
             "Exit code 127 before the server answered: a command was not found (job 4711)"},
        told{"killed",
             "exited",
             {},
             9,
             true,
             "Ended by signal 9 (SIGKILL) while the server was running (job 4711)"},
        told{"early_end", "COMPLETED", 0, {}, false, "Exit code 0 before the server answered (job 4711)"},
        told{"launch", "FAILED", 0, 53, false, cannot_open, "JobLaunchFailure"},
        told{"launch_by_accounting", "FAILED", 0, 53, false, cannot_open},
        told{"unknown", "STRANGE", {}, {}, false, "The job ended before the server answered (job 4711)"}),
    [](const auto& info) { return info.param.name; });

TEST(failure_sentence, of_what_never_ran) {
    ending e;
    e.cause = ending_cause::refused;
    e.words = "Invalid account or account/partition combination specified.";
    EXPECT_EQ(failure_sentence(e),
              "The scheduler refused the job: Invalid account or account/partition combination specified");
    e.cause = ending_cause::not_prepared;
    e.words = "Sign in again at /hub/login";
    EXPECT_EQ(failure_sentence(e), "Sign in again at /hub/login");
    e.words.clear();
    e.cause = ending_cause::queue_timeout;
    e.limit = hours(24);
    EXPECT_EQ(failure_sentence(e), "The cluster did not take the job within 1-00:00:00");
}

TEST(failure_sentence, of_time_outs) {
    ending e;
    e.job.emplace().job_id = "7";
    e.job->reason = "Resources";
    e.submitted = true;
    e.limit = hours(2);
    e.cause = ending_cause::queue_timeout;
    EXPECT_EQ(failure_sentence(e), 
              "The job waited in the queue for longer than 2:00:00: waiting for resources (Resources) (job 7)");
    e.cause = ending_cause::launch_timeout;
    e.limit = minutes(5);
    e.job->node = "node1";
    EXPECT_EQ(failure_sentence(e),
              "The job ran on node1 for 0:05:00 without the server telling where it listens (job 7)");
    e.host = "10.0.0.1";
    e.port = 4000;
    e.words = "connection refused";
    EXPECT_EQ(
        failure_sentence(e),
        "The server on node1 did not answer at 10.0.0.1:4000 within 0:05:00: connection refused (job 7)");
    e.cause = ending_cause::stuck;
    e.job->reason = "PartitionTimeLimit";
    EXPECT_EQ(failure_sentence(e), "The job would never start: more time than the partition allows (PartitionTimeLimit) (job 7)");
}

TEST(ended_well, only_after_serving_and_with_zero) {
    ending e;
    e.job.emplace().state = "COMPLETED";
    e.job->exit_code = 0;
    EXPECT_FALSE(ended_well(e));
    e.was_ready = true;
    EXPECT_TRUE(ended_well(e));
    e.job->signal = 15;
    EXPECT_FALSE(ended_well(e));
    e.job->signal = 0;
    e.job->exit_code = 1;
    EXPECT_FALSE(ended_well(e));
    e.job->exit_code = 0;
    e.job->state = "TIMEOUT";
    EXPECT_FALSE(ended_well(e));
}

TEST(readable_tail, is_bounded_valid_and_begins_at_a_line) {
    EXPECT_EQ(readable_tail("one\ntwo\n", 100), "one\ntwo\n");
    EXPECT_EQ(readable_tail("one\ntwo\nthree\n", 10), "three\n");
    EXPECT_EQ(readable_tail("a\xff\x1b[31mb\r\n", 100), "a??[31mb\n");
    EXPECT_EQ(readable_tail("gr\xc3\xbc\xc3\x9f", 100), "gr\xc3\xbc\xc3\x9f");
    EXPECT_EQ(readable_tail("\xc3\xbc", 1), "?");
    EXPECT_LE(readable_tail(std::string(100000, 'x'), 8192).size(), 8192u);
    EXPECT_EQ(readable_tail("", 10), "");
}

} // namespace
} // namespace berth::scheduler
