// SPDX-License-Identifier: BSD-3-Clause
#include "tests/scheduler/support/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::scheduler {
namespace {

using namespace std::chrono_literals;
using fake::world;

TEST(address, a_requeue_takes_the_route_and_goes_on) {
    world w;
    w.boot();
    w.bring_up();
    auto& job = *w.slurm.only_job();
    job.phase = job_phase::queued;
    job.state = "PENDING";
    job.restarts = 1;
    ASSERT_TRUE(w.wait_for([&] { return w.it().state == phase::queued; }, 31s));
    EXPECT_TRUE(w.door.routes.empty());
    EXPECT_EQ(w.it().progress.back().message, "The scheduler put the job back into the queue");
    EXPECT_TRUE(w.logged("spawn.requeued"));
    w.slurm.start(job, "node2", "10.0.0.2");
    ASSERT_TRUE(w.wait_for([&] { return w.it().state == phase::launching; }, 31s));
    w.web.answering.insert("10.0.0.2:5000");
    ASSERT_TRUE(w.run(w.hub->report_address({world::al, ""}, "", 5000, "")));
    ASSERT_TRUE(w.wait_for([&] { return w.it().ready(); }, 10s));
    EXPECT_EQ(w.door.routes.at("/user/al/"), "10.0.0.2:5000");
    EXPECT_EQ(w.slurm.specs.size(), 1u);
}

TEST(address, a_changed_node_needs_a_new_address) {
    world w;
    w.boot();
    w.bring_up();
    w.pass(1min); // the address is the first run's beyond doubt
    w.slurm.start(*w.slurm.only_job(), "node2", "10.0.0.2");
    ASSERT_TRUE(w.wait_for([&] { return w.it().state == phase::launching; }, 31s));
    EXPECT_EQ(w.it().port, 0);
    EXPECT_TRUE(w.door.routes.empty());
}

// A job that is put back and starts again at once is often quicker than the next listing.
void told_before_the_listing(const std::string& node, const std::string& host, int port, bool restarted) {
    world w;
    w.boot();
    w.bring_up();
    w.pass(1min);
    auto& job = *w.slurm.only_job();
    ++job.restarts;
    w.slurm.start(job, node, host);
    w.web.answering = {host + ":" + std::to_string(port)};
    ASSERT_TRUE(w.run(w.hub->report_address({world::al, ""}, "", port, "")));
    if (restarted) {
        w.kill();
        w.boot();
    }
    ASSERT_TRUE(w.wait_for([&] { return w.it().ready() && w.it().host == host; }, 40s));
    EXPECT_EQ(w.door.routes.at("/user/al/"), host + ":" + std::to_string(port));
    w.pass(6min);
    EXPECT_TRUE(w.it().ready());
    EXPECT_EQ(w.slurm.alive(), 1u);
}

TEST(address, told_before_a_listing_shows_the_new_run_is_kept) {
    told_before_the_listing("node2", "10.0.0.2", 5000, false);
}
TEST(address, the_same_port_told_again_by_the_new_run_is_kept) {
    told_before_the_listing("node2", "10.0.0.2", 40001, false);
}
TEST(address, told_before_a_listing_shows_the_new_run_is_kept_through_a_restart) {
    told_before_the_listing("node2", "10.0.0.2", 5000, true);
}

TEST(address, a_run_that_begins_anew_has_all_its_time) {
    world w;
    w.boot();
    ASSERT_TRUE(w.start());
    auto& job = *w.slurm.only_job();
    w.slurm.start(job, "node1", "10.0.0.1");
    w.pass(4min);
    ++job.restarts;
    w.slurm.start(job, "node2", "10.0.0.2");
    w.pass(4min);
    EXPECT_EQ(w.it().state, phase::launching);
    ASSERT_TRUE(w.wait_for([&] { return !w.it().active(); }, 3min)) << "but not more";
}

TEST(address, another_job_with_our_id_is_not_ours) {
    world w;
    w.boot();
    w.bring_up();
    w.slurm.only_job()->job_name = "somebody-else";
    w.slurm.end(*w.slurm.only_job(), "FAILED", 1);
    w.pass(5s);
    EXPECT_TRUE(w.it().ready()) << "the stranger's end is not ours";
    ASSERT_TRUE(w.wait_for([&] { return !w.it().active(); }, 2min));
    EXPECT_EQ(w.it().failure->sentence,
              "The scheduler does not know the job any more; how it ended is not known (job 4711)");
}

TEST(address, an_address_is_checked_and_idempotent) {
    world w;
    w.boot();
    const server_key key{world::al, ""};
    EXPECT_EQ(w.run(w.hub->report_address(key, "", 1, "")).error().code, errc::not_found);
    w.bring_up();
    const auto adds = w.door.adds;
    EXPECT_TRUE(w.run(w.hub->report_address(key, "attempt1", 40001, "")));
    EXPECT_TRUE(w.it().ready());
    EXPECT_EQ(w.door.adds, adds);
    EXPECT_EQ(w.run(w.hub->report_address(key, "old", 40001, "")).error().code, errc::conflict);
    EXPECT_EQ(w.run(w.hub->report_address(key, "", 0, "")).error().code, errc::invalid_argument);
    EXPECT_EQ(w.run(w.hub->report_address(key, "", 70000, "")).error().code, errc::invalid_argument);
    EXPECT_EQ(w.run(w.hub->report_address(key, "", 5, "a b/")).error().code, errc::invalid_argument);
    w.web.answering.insert("login1:7000");
    EXPECT_TRUE(w.run(w.hub->report_address(key, "", 7000, "login1")));
    ASSERT_TRUE(w.wait_for([&] { return w.it().ready(); }, 10s));
    EXPECT_EQ(w.door.routes.at("/user/al/"), "login1:7000");
    w.pass(40s);
    EXPECT_EQ(w.it().host, "login1");
    ASSERT_TRUE(w.stop());
    EXPECT_EQ(w.run(w.hub->report_address(key, "", 5, "")).error().code, errc::conflict);
}

TEST(address, an_address_may_come_before_the_poll_that_sees_the_job_run) {
    world w;
    w.boot();
    ASSERT_TRUE(w.start());
    w.web.answering.insert("10.0.0.1:5");
    w.slurm.start(*w.slurm.only_job());
    ASSERT_TRUE(w.run(w.hub->report_address({world::al, ""}, "", 5, "")));
    EXPECT_TRUE(w.wait_for([&] { return w.it().ready(); }, 1s)) << "the callback asks for a listing at once";
}

TEST(address, a_front_door_that_is_away_delays_and_never_ends) {
    world w;
    w.boot();
    w.door.down = true;
    ASSERT_TRUE(w.start());
    w.make_answer();
    w.pass(30s);
    EXPECT_EQ(w.it().state, phase::launching);
    w.door.down = false;
    EXPECT_TRUE(w.wait_for([&] { return w.it().ready(); }, 6s));
    w.door.down = true;
    ASSERT_TRUE(w.stop());
    w.pass(10s);
    EXPECT_EQ(w.it().state, phase::stopped);
    EXPECT_EQ(w.door.routes.size(), 1u);
    w.door.down = false;
    w.pass(6s);
    EXPECT_TRUE(w.door.routes.empty());
}

} // namespace
} // namespace berth::scheduler
