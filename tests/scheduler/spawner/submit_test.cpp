// SPDX-License-Identifier: BSD-3-Clause
#include "tests/scheduler/support/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::scheduler {
namespace {

using namespace std::chrono_literals;
using fake::submit_answer;
using fake::world;

TEST(submit, refused_ends_with_the_schedulers_words) {
    world w;
    w.boot();
    w.slurm.answers = {submit_answer::refused};
    ASSERT_TRUE(w.start());
    EXPECT_EQ(w.it().state, phase::stopped);
    ASSERT_TRUE(w.it().failure);
    EXPECT_TRUE(w.it().failure->refused);
    EXPECT_EQ(w.it().failure->sentence, "The scheduler refused the job: invalid partition specified");
    EXPECT_EQ(w.it().failure->reason, "invalid partition specified");
    EXPECT_THAT(w.launches.retired, testing::ElementsAre("attempt1"));
}

TEST(submit, whose_answer_got_lost_is_found_by_name) {
    world w;
    w.boot();
    w.slurm.answers = {submit_answer::lost};
    ASSERT_TRUE(w.start());
    EXPECT_EQ(w.it().state, phase::submitting);
    EXPECT_TRUE(w.wait_for([&] { return w.it().state == phase::queued; }, 5s));
    EXPECT_EQ(w.it().job_id, "4711");
    EXPECT_EQ(w.slurm.specs.size(), 1u);
    EXPECT_EQ(w.launches.prepared.size(), 1u);
}

TEST(submit, that_never_arrived_is_repeated_only_after_proof_of_absence) {
    world w;
    w.boot();
    w.slurm.answers = {submit_answer::vanished};
    ASSERT_TRUE(w.start());
    w.pass(9s);
    EXPECT_EQ(w.slurm.specs.size(), 1u);
    EXPECT_EQ(w.it().state, phase::submitting);
    EXPECT_TRUE(w.wait_for([&] { return w.it().state == phase::queued; }, 10s));
    EXPECT_EQ(w.slurm.specs.size(), 2u);
    EXPECT_EQ(w.it().attempt, "attempt2");
    EXPECT_EQ(w.slurm.specs[1].job_name, "berth-hub1-attempt2");
    EXPECT_THAT(w.launches.retired, testing::ElementsAre("attempt1"));
    EXPECT_EQ(w.slurm.alive(), 1u);
}

TEST(submit, a_ghost_that_comes_after_all_is_cancelled) {
    world w;
    w.boot();
    w.slurm.answers = {submit_answer::vanished};
    ASSERT_TRUE(w.start());
    ASSERT_TRUE(w.wait_for([&] { return w.it().state == phase::queued; }, 20s));
    w.slurm.add("berth-hub1-attempt1");
    w.pass(31s);
    EXPECT_EQ(w.slurm.job("berth-hub1-attempt1")->state, "CANCELLED");
    EXPECT_EQ(w.slurm.job("berth-hub1-attempt2")->phase, job_phase::queued);
    EXPECT_EQ(w.log.count("orphan.cancelled"), 1u);
}

TEST(submit, unknown_during_an_outage_waits_for_the_scheduler) {
    world w;
    w.boot();
    w.slurm.answers = {submit_answer::lost};
    w.slurm.submitting.close();
    ASSERT_TRUE(w.start());
    w.slurm.down = true;
    w.slurm.submitting.open();
    w.pass(1h);
    EXPECT_EQ(w.it().state, phase::submitting);
    EXPECT_EQ(w.slurm.specs.size(), 1u);
    w.slurm.down = false;
    EXPECT_TRUE(w.wait_for([&] { return w.it().state == phase::queued; }, 31s));
    EXPECT_EQ(w.slurm.alive(), 1u);
}

TEST(submit, not_taken_is_tried_again_with_growing_pauses) {
    world w;
    w.boot();
    w.slurm.down = true;
    ASSERT_TRUE(w.start());
    w.pass(1h);
    EXPECT_EQ(w.it().pending(), "spawn");
    EXPECT_GT(w.slurm.specs.size(), 50u);
    EXPECT_LT(w.slurm.specs.size(), 80u);
    w.slurm.down = false;
    EXPECT_TRUE(w.wait_for([&] { return w.it().state == phase::queued; }, 61s));
    EXPECT_EQ(w.slurm.alive(), 1u);
    EXPECT_EQ(w.it().attempt, "attempt1");
}

TEST(submit, at_most_so_many_at_once) {
    world w;
    w.settings.concurrent_submits = 8;
    w.boot();
    w.slurm.submitting.close();
    for (int u = 1; u <= 30; ++u) ASSERT_TRUE(w.start(u));
    EXPECT_EQ(w.slurm.specs.size(), 8u);
    w.slurm.submitting.open();
    w.settle();
    EXPECT_EQ(w.slurm.specs.size(), 30u);
    EXPECT_EQ(w.slurm.alive(), 30u);
}

TEST(submit, a_double_of_one_name_is_cancelled) {
    world w;
    w.boot();
    ASSERT_TRUE(w.start());
    w.slurm.add(w.it().job_name);
    w.pass(5s);
    EXPECT_EQ(w.slurm.alive(), 1u);
    EXPECT_EQ(w.it().job_id, "4711");
    EXPECT_EQ(w.slurm.jobs.at(0).phase, job_phase::queued);
}

// Local processes are listed before they have a number.
TEST(submit, a_job_that_has_no_id_yet_is_no_double) {
    world w;
    w.boot();
    w.slurm.submitting.close();
    ASSERT_TRUE(w.start());
    w.slurm.add(w.it().job_name);
    w.slurm.only_job()->job_id.clear();
    w.pass(5s);
    w.slurm.jobs.clear();
    w.slurm.submitting.open();
    w.settle();
    ASSERT_EQ(w.it().job_id, "4712");
    w.slurm.only_job()->job_id.clear(); // as in a listing that was begun before
    w.pass(5s);
    EXPECT_EQ(w.log.count("orphan.cancelled"), 0u);
    EXPECT_EQ(w.it().job_id, "4712");
    EXPECT_EQ(w.slurm.alive(), 1u);
}

TEST(submit, jobs_of_other_hubs_are_left_alone) {
    world w;
    w.slurm.add("berth-hub2-x");
    w.slurm.add("berth-hub1x-x");
    w.slurm.add("berth-hub1-x");
    w.slurm.add("my job");
    w.boot();
    w.pass(5s);
    EXPECT_EQ(w.slurm.alive(), 3u);
    EXPECT_EQ(w.slurm.job("berth-hub1-x")->state, "CANCELLED");
}

} // namespace
} // namespace berth::scheduler
