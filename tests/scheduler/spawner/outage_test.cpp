// SPDX-License-Identifier: BSD-3-Clause
#include "tests/scheduler/support/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::scheduler {
namespace {

using namespace std::chrono_literals;
using fake::world;

TEST(outage, is_not_a_death) {
    world w;
    w.boot();
    for (int u = 1; u <= 5; ++u) w.bring_up(u);
    w.slurm.down = true;
    ASSERT_TRUE(w.wait_for([&] { return w.it().unknown_since.has_value(); }, 31s));
    w.pass(48h);
    for (int u = 1; u <= 5; ++u) EXPECT_TRUE(w.it(u).ready());
    EXPECT_EQ(w.door.routes.size(), 5u);
    EXPECT_TRUE(w.hub->health("hpc").down_since);
    EXPECT_EQ(w.hub->health("hpc").why, "slurmctld does not answer");
    EXPECT_EQ(w.log.count("cluster.down"), 1u);
    w.slurm.down = false;
    w.pass(31s);
    for (int u = 1; u <= 5; ++u) EXPECT_TRUE(w.it(u).ready());
    EXPECT_FALSE(w.it().unknown_since);
    EXPECT_FALSE(w.hub->health("hpc").down_since);
    EXPECT_EQ(w.log.count("cluster.back"), 1u);
    EXPECT_GT(w.seen.bad_polls, 10);
}

TEST(outage, what_was_asked_meanwhile_goes_on_with_the_first_answer) {
    world w;
    w.settings.poll_interval_max = w.settings.poll_interval;
    w.boot();
    w.bring_up(1);
    w.slurm.down = true;
    ASSERT_TRUE(w.stop());
    ASSERT_TRUE(w.start(2));
    w.pass(3630s); // the tries are a minute apart by now, and the next is half a minute away
    w.slurm.down = false;
    ASSERT_TRUE(w.wait_for([&] { return !w.hub->health("hpc").down_since; }, 5s));
    w.pass(3s);
    EXPECT_FALSE(w.it(1).active());
    EXPECT_FALSE(w.it(2).job_id.empty());
}

TEST(outage, of_one_owner_alone_is_no_death_either) {
    world w;
    w.boot();
    for (int u = 1; u <= 2; ++u) w.bring_up(u);
    ASSERT_TRUE(w.start(3));
    auto& mine = w.slurm.jobs.at(0);
    auto& launching = *w.slurm.only_job();
    w.slurm.start(launching);
    w.pass(1min);
    ASSERT_EQ(w.it(3).state, phase::launching);
    const auto before = mine;
    mine.phase = launching.phase = job_phase::unknown;
    w.pass(48h);
    EXPECT_TRUE(w.it(1).ready());
    EXPECT_TRUE(w.it(1).unknown_since);
    EXPECT_FALSE(w.it(2).unknown_since);
    EXPECT_EQ(w.it(3).state, phase::launching);
    EXPECT_FALSE(w.hub->health("hpc").down_since);
    mine = before;
    launching.phase = job_phase::running;
    w.pass(3min); // four minutes of its five
    EXPECT_FALSE(w.it(1).unknown_since);
    EXPECT_EQ(w.it(3).state, phase::launching);
    w.pass(2min);
    EXPECT_FALSE(w.it(3).active());
}

TEST(outage, freezes_the_launchs_time) {
    world w;
    w.boot();
    ASSERT_TRUE(w.start());
    w.slurm.start(*w.slurm.only_job());
    w.pass(3min);
    ASSERT_EQ(w.it().state, phase::launching);
    w.slurm.down = true;
    w.pass(1h);
    w.slurm.down = false;
    w.pass(90s);
    EXPECT_EQ(w.it().state, phase::launching);
    w.pass(90s);
    EXPECT_EQ(w.it().state, phase::stopped);
    EXPECT_TRUE(w.it().failure);
}

TEST(outage, freezes_the_queues_time) {
    world w;
    w.settings.queue_timeout = 1h;
    w.boot();
    ASSERT_TRUE(w.start());
    w.pass(30min);
    w.slurm.down = true;
    w.pass(5h);
    w.slurm.down = false;
    w.pass(28min);
    EXPECT_EQ(w.it().state, phase::queued);
    w.pass(4min);
    EXPECT_EQ(w.it().state, phase::stopped);
}

TEST(outage, freezes_the_time_before_there_is_a_job) {
    world w;
    w.settings.queue_timeout = 1h;
    w.boot();
    w.slurm.down = true;
    ASSERT_TRUE(w.start());
    w.pass(10h);
    w.slurm.down = false;
    EXPECT_TRUE(w.wait_for([&] { return w.it().state == phase::queued; }, 2min));
}

TEST(outage, a_server_may_become_ready_meanwhile) {
    world w;
    w.boot();
    ASSERT_TRUE(w.start());
    w.slurm.start(*w.slurm.only_job());
    w.pass(3s);
    ASSERT_EQ(w.it().state, phase::launching);
    w.slurm.down = true;
    w.pass(1min);
    w.web.answering.insert("10.0.0.1:9");
    ASSERT_TRUE(w.run(w.hub->report_address({world::al, ""}, "", 9, "")));
    EXPECT_TRUE(w.wait_for([&] { return w.it().ready(); }, 5s));
}

TEST(outage, absence_counts_only_in_a_row_of_healthy_listings) {
    world w;
    w.boot();
    w.bring_up();
    const auto kept = w.slurm.jobs;
    for (int i = 0; i < 20; ++i) {
        w.slurm.jobs.clear();
        w.pass(5s);
        w.slurm.down = true;
        w.pass(40s);
        w.slurm.down = false;
    }
    EXPECT_TRUE(w.it().ready());
    w.slurm.jobs = kept;
    w.pass(1min);
    EXPECT_TRUE(w.it().ready());
    w.slurm.jobs.clear();
    EXPECT_TRUE(w.wait_for([&] { return !w.it().active(); }, 2min));
}

TEST(outage, a_hanging_listing_holds_nobody_up) {
    world w;
    w.boot();
    w.bring_up();
    w.slurm.listing.close();
    w.pass(1h);
    EXPECT_TRUE(w.it().ready());
    EXPECT_TRUE(w.start(2)) << "accepted";
    EXPECT_EQ(w.it(2).state, phase::queued);
    EXPECT_TRUE(w.stop());
    w.slurm.listing.open();
    EXPECT_TRUE(w.wait_for([&] { return !w.it().active(); }, 1min));
}

TEST(outage, a_front_door_that_is_away_delays_a_server_and_does_not_end_it) {
    world w;
    w.boot();
    ASSERT_TRUE(w.start());
    w.door.down = true;
    w.make_answer();
    w.pass(10min); // twice the launch_timeout
    EXPECT_EQ(w.it().state, phase::launching);
    EXPECT_EQ(w.slurm.alive(), 1u);
    w.door.down = false;
    ASSERT_TRUE(w.wait_for([&] { return w.it().ready(); }, 10s));
}

} // namespace
} // namespace berth::scheduler
