// SPDX-License-Identifier: BSD-3-Clause
// Against answers of the real server.
#include "scheduler/firecrest/job_rows.hpp"

#include <gtest/gtest.h>

namespace berth::scheduler {
namespace {

job_row row_of(const std::string& job) {
    const auto rows = read_jobs("{\"jobs\":[" + job + "]}");
    return rows && rows->size() == 1 ? rows->front() : job_row{};
}

TEST(job_rows, a_young_job_runs_although_it_is_said_to_be_pending) {
    const auto r = row_of(
        R"({"jobId":"8","name":"allocation","status":{"state":"PENDING","stateReason":"None","exitCode":0,"interruptSignal":0},
        "tasks":[{"id":"8.batch","name":"batch","status":{"state":"RUNNING","stateReason":null,"exitCode":0,"interruptSignal":0}}],
        "time":{"elapsed":0,"start":1795374505,"end":null,"suspended":0,"limit":null},"nodes":"node1","partition":"","user":"alice"})");
    EXPECT_TRUE(r.unnamed);
    EXPECT_EQ(r.status.phase, job_phase::running);
    EXPECT_EQ(r.status.node, "node1");
    EXPECT_EQ(r.status.user, "alice");
    EXPECT_EQ(r.status.started, time_point(std::chrono::seconds(1795374505)));
}

TEST(job_rows, why_a_job_waits_and_whether_that_will_end) {
    const auto waits = row_of(
        R"({"jobId":"12","name":"berth-h-a","status":{"state":"PENDING","stateReason":"Resources","exitCode":null,"interruptSignal":null},
        "tasks":[],"time":{"start":1795378121,"end":1795378421,"limit":300},"nodes":"","partition":"debug","user":"alice"})");
    EXPECT_FALSE(waits.unnamed);
    EXPECT_EQ(waits.status.phase, job_phase::queued);
    EXPECT_EQ(waits.status.reason, "Resources");
    EXPECT_FALSE(waits.status.never_starts);
    EXPECT_TRUE(waits.status.expected_start);
    const auto never = row_of(
        R"({"jobId":"1","name":"x","status":{"state":"PENDING","stateReason":"PartitionTimeLimit"},"nodes":""})");
    EXPECT_TRUE(never.status.never_starts);
}

TEST(job_rows, how_a_job_ended) {
    const auto failed = row_of(
        R"({"jobId":"11","name":"n1","status":{"state":"FAILED","stateReason":"None","exitCode":3,"interruptSignal":0},
        "time":{"start":1795374517,"end":1795374518,"limit":3600},"nodes":"node1","partition":"long","user":"alice"})");
    EXPECT_EQ(failed.status.phase, job_phase::over);
    EXPECT_EQ(failed.status.exit_code, 3);
    EXPECT_FALSE(failed.status.signal);
    EXPECT_EQ(failed.status.ended, time_point(std::chrono::seconds(1795374518)));
    const auto cancelled = row_of(
        R"({"jobId":"8","name":"x","status":{"state":"CANCELLED by 4802","interruptSignal":15},"nodes":"None assigned"})");
    EXPECT_EQ(cancelled.status.phase, job_phase::over);
    EXPECT_EQ(cancelled.status.state, "CANCELLED");
    EXPECT_EQ(cancelled.status.signal, 15);
    EXPECT_EQ(cancelled.status.node, "");
}

TEST(job_rows, every_word_has_its_phase_and_no_unknown_one_is_an_end) {
    for (const auto* word : {"PENDING", "CONFIGURING", "REQUEUED", "SPECIAL_EXIT", "Q", "H", "W"})
        EXPECT_EQ(phase_of_state(word, false), job_phase::queued) << word;
    for (const auto* word : {"RUNNING", "COMPLETING", "SUSPENDED", "RESIZING+", "R", "S"})
        EXPECT_EQ(phase_of_state(word, false), job_phase::running) << word;
    for (const auto* word : {"COMPLETED", "CANCELLED+", "CANCELLED by 1", "TIMEOUT", "OUT_OF_MEMORY", "F"})
        EXPECT_EQ(phase_of_state(word, true), job_phase::over) << word;
    EXPECT_EQ(phase_of_state("DREAMING", false), job_phase::queued);
    EXPECT_EQ(phase_of_state("DREAMING", true), job_phase::running);
    EXPECT_EQ(phase_of_state("", true), job_phase::running);
}

TEST(job_rows, what_is_no_list_of_jobs) {
    for (const auto* body : {"", "[]", "{}", "{\"jobs\":{}}", "null", "<html>"}) {
        const auto r = read_jobs(body);
        ASSERT_FALSE(r) << body;
        EXPECT_EQ(r.error().code, errc::unavailable);
    }
    const auto odd = read_jobs(
        R"({"jobs":[1,null,{},{"jobId":7},{"jobId":"1","status":[],"time":3,"tasks":"x","name":null}]})");
    ASSERT_TRUE(odd);
    ASSERT_EQ(odd->size(), 1u);
    EXPECT_EQ(odd->front().status.phase, job_phase::queued);
}

} // namespace
} // namespace berth::scheduler
