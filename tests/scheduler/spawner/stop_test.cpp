// SPDX-License-Identifier: BSD-3-Clause
#include "tests/scheduler/support/fakes.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::scheduler {
namespace {

using namespace std::chrono_literals;
using fake::submit_answer;
using fake::world;

// Brings a server to some point; the second part lets go of what held it there.
struct held_at {
    const char* name;
    void (*hold)(world&);
    void (*release)(world&);
};

class stop_anywhere : public testing::TestWithParam<held_at> {};
TEST_P(stop_anywhere, ends_with_no_job_and_one_retirement) {
    world w;
    w.boot();
    GetParam().hold(w);
    ASSERT_TRUE(w.it().active());
    ASSERT_TRUE(w.stop(true)) << "accepted at once";
    if (w.hub->find({world::al, ""})) { // some are quick
        EXPECT_EQ(w.it().pending(), "stop");
        EXPECT_EQ(w.start().error().code, errc::conflict);
    }
    GetParam().release(w);
    EXPECT_TRUE(w.wait_for([&] { return w.hub->find({world::al, ""}) == nullptr; }, 1min));
    w.pass(1min);
    EXPECT_EQ(w.slurm.alive(), 0u);
    EXPECT_THAT(w.launches.retired, testing::ElementsAre("attempt1"));
    EXPECT_TRUE(w.db.rows.empty());
    EXPECT_TRUE(w.door.routes.empty());
}
INSTANTIATE_TEST_SUITE_P(stop, stop_anywhere,
                         testing::Values(held_at{"preparing",
                                                 [](world& w) {
                                                     w.launches.preparing.close();
                                                     ASSERT_TRUE(w.start());
                                                 },
                                                 [](world& w) { w.launches.preparing.open(); }},
                                         held_at{"submitting",
                                                 [](world& w) {
                                                     w.slurm.submitting.close();
                                                     ASSERT_TRUE(w.start());
                                                 },
                                                 [](world& w) { w.slurm.submitting.open(); }},
                                         held_at{"submitting_then_lost",
                                                 [](world& w) {
                                                     w.slurm.answers = {submit_answer::lost};
                                                     w.slurm.submitting.close();
                                                     ASSERT_TRUE(w.start());
                                                 },
                                                 [](world& w) { w.slurm.submitting.open(); }},
                                         held_at{"submitting_then_refused",
                                                 [](world& w) {
                                                     w.slurm.answers = {submit_answer::refused};
                                                     w.slurm.submitting.close();
                                                     ASSERT_TRUE(w.start());
                                                 },
                                                 [](world& w) { w.slurm.submitting.open(); }},
                                         held_at{"resubmitting",
                                                 [](world& w) {
                                                     w.slurm.answers = {submit_answer::not_taken};
                                                     ASSERT_TRUE(w.start());
                                                 },
                                                 [](world&) {}},
                                         held_at{"locating_what_exists",
                                                 [](world& w) {
                                                     w.slurm.listing.close();
                                                     w.pass(1min);
                                                     w.slurm.answers = {submit_answer::lost};
                                                     ASSERT_TRUE(w.start());
                                                 },
                                                 [](world& w) { w.slurm.listing.open(); }},
                                         held_at{"locating_what_does_not",
                                                 [](world& w) {
                                                     w.slurm.answers = {submit_answer::vanished};
                                                     ASSERT_TRUE(w.start());
                                                 },
                                                 [](world&) {}},
                                         held_at{"queued", [](world& w) { ASSERT_TRUE(w.start()); },
                                                 [](world&) {}},
                                         held_at{"launching",
                                                 [](world& w) {
                                                     ASSERT_TRUE(w.start());
                                                     w.slurm.start(*w.slurm.only_job());
                                                     w.pass(3s);
                                                 },
                                                 [](world&) {}},
                                         held_at{"ready", [](world& w) { w.bring_up(); }, [](world&) {}}),
                         [](const auto& info) { return info.param.name; });

// A commit whose sync failed may be found after a crash all the same.
TEST(stop, after_a_start_that_the_disk_refused_is_written) {
    world w;
    w.boot();
    ASSERT_TRUE(w.run(w.hub->define(w.request())));
    w.db.full = true;
    ASSERT_FALSE(w.start());
    EXPECT_FALSE(w.stop()) << "nothing could be written";
    w.db.full = false;
    const int before = w.db.commits;
    EXPECT_TRUE(w.stop());
    EXPECT_EQ(w.db.commits, before + 1);
    EXPECT_EQ(w.db.text(world::al, "step"), "stopped");
}

TEST(stop, is_retried_until_the_scheduler_is_back) {
    world w;
    w.boot();
    w.bring_up();
    w.slurm.down = true;
    ASSERT_TRUE(w.stop());
    w.pass(1h);
    EXPECT_EQ(w.it().state, phase::stopping);
    EXPECT_TRUE(w.it().unknown_since);
    EXPECT_GT(w.slurm.cancels, 10);
    EXPECT_LT(w.slurm.cancels, 100);
    EXPECT_TRUE(w.logged("stop.retried"));
    w.slurm.down = false;
    EXPECT_TRUE(w.wait_for([&] { return !w.it().active(); }, 2min));
    EXPECT_FALSE(w.it().failure);
    EXPECT_EQ(w.slurm.alive(), 0u);
}

TEST(stop, ends_the_job_though_the_disk_is_full) {
    world w;
    w.boot();
    w.bring_up();
    w.db.full = true;
    EXPECT_EQ(w.stop().error().code, errc::io_error);
    EXPECT_TRUE(w.wait_for([&] { return !w.it().active(); }, 1min));
    EXPECT_EQ(w.slurm.alive(), 0u);
    w.pass(10min);
    EXPECT_EQ(w.log.count("server.not_saved"), 1u);
    w.db.full = false;
    w.pass(1min);
    w.kill();
    w.boot();
    EXPECT_FALSE(w.it().active()) << "written down once that was possible";
}

TEST(stop, ends_the_job_though_the_disk_hangs) {
    world w;
    w.boot();
    w.bring_up();
    w.db.writing.close();
    boost::asio::co_spawn(w.io, w.hub->stop({world::al, ""}, false), boost::asio::detached);
    EXPECT_TRUE(w.wait_for([&] { return w.slurm.alive() == 0; }, 1min));
    w.db.writing.open();
    EXPECT_TRUE(w.wait_for([&] { return !w.it().active(); }, 1min));
}

TEST(stop, asks_again_while_the_job_lives_on) {
    world w;
    w.boot();
    w.bring_up();
    w.slurm.cancel_ends_job = false;
    ASSERT_TRUE(w.stop());
    w.pass(2min);
    EXPECT_EQ(w.it().state, phase::stopping);
    EXPECT_GE(w.slurm.cancels, 3);
    w.slurm.cancel_ends_job = true;
    EXPECT_TRUE(w.wait_for([&] { return !w.it().active(); }, 1min));
}

TEST(stop, of_a_forgotten_job_ends_by_confirmed_absence) {
    world w;
    w.boot();
    w.bring_up();
    w.slurm.jobs.clear();
    ASSERT_TRUE(w.stop());
    w.pass(5s);
    EXPECT_EQ(w.it().state, phase::stopping);
    EXPECT_TRUE(w.wait_for([&] { return !w.it().active(); }, 20s));
}

TEST(stop, of_nothing_and_of_the_stopped) {
    world w;
    w.boot();
    EXPECT_EQ(w.stop().error().code, errc::not_found);
    w.bring_up();
    ASSERT_TRUE(w.stop());
    w.pass(5s);
    EXPECT_TRUE(w.stop());
    EXPECT_TRUE(w.hub->find({world::al, ""}));
    EXPECT_TRUE(w.stop(true));
    EXPECT_FALSE(w.hub->find({world::al, ""}));
    EXPECT_TRUE(w.db.rows.empty());
}

TEST(stop, removal_may_be_asked_for_while_it_is_stopping) {
    world w;
    w.boot();
    w.bring_up();
    w.slurm.cancel_works = false;
    ASSERT_TRUE(w.stop());
    w.pass(2s);
    ASSERT_TRUE(w.stop(true));
    w.slurm.cancel_works = true;
    EXPECT_TRUE(w.wait_for([&] { return !w.hub->find({world::al, ""}); }, 1min));
    EXPECT_EQ(w.log.count("stop.requested"), 1u);
}

TEST(stop, a_start_after_a_stop_is_a_new_attempt) {
    world w;
    w.boot();
    w.bring_up();
    ASSERT_TRUE(w.stop());
    w.pass(5s);
    ASSERT_TRUE(w.start());
    EXPECT_EQ(w.it().attempt, "attempt2");
    EXPECT_EQ(w.slurm.alive(), 1u);
    EXPECT_EQ(w.it().progress.front().message, "Server requested");
}

} // namespace
} // namespace berth::scheduler
