// SPDX-License-Identifier: BSD-3-Clause
// The hub is killed at each place of a server's life and born again on the same disk and the same scheduler.
#include "tests/scheduler/support/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::scheduler {
namespace {

using namespace std::chrono_literals;
using fake::submit_answer;
using fake::world;

struct killed_at {
    const char* name;
    void (*until)(world&);
    bool wanted;
};

void open_all(world& w) {
    w.launches.preparing.open();
    w.slurm.submitting.open();
    w.slurm.listing.open();
    w.db.writing.open();
}

void stop_it(world& w) { ASSERT_TRUE(w.stop()); }

class kill_and_restart : public testing::TestWithParam<killed_at> {};
TEST_P(kill_and_restart, leaves_one_job_for_a_wanted_server_and_none_for_others) {
    world w;
    w.boot();
    GetParam().until(w);
    w.kill();
    open_all(w); // what was under way at the scheduler happens all the same
    w.settle();
    w.boot();
    if (!GetParam().wanted) {
        EXPECT_TRUE(w.wait_for([&] { return !w.it().active(); }, 2min));
        w.pass(1min);
        EXPECT_EQ(w.slurm.alive(), 0u);
        EXPECT_FALSE(w.it().failure);
        return;
    }
    ASSERT_TRUE(w.wait_for(
        [&] { return w.it().state == phase::queued || w.it().state == phase::launching || w.it().ready(); },
        2min));
    w.pass(1min);
    EXPECT_EQ(w.slurm.alive(), 1u);
    if (!w.it().ready()) {
        w.make_answer();
        EXPECT_TRUE(w.wait_for([&] { return w.it().ready(); }, 31s));
    }
    EXPECT_EQ(w.door.routes.size(), 1u);
    EXPECT_EQ(w.slurm.alive(), 1u);
    EXPECT_TRUE(w.logged("spawn.resumed"));
}
INSTANTIATE_TEST_SUITE_P(steps, kill_and_restart,
                         testing::Values(killed_at{"preparing",
                                                   [](world& w) {
                                                       w.launches.preparing.close();
                                                       ASSERT_TRUE(w.start());
                                                   },
                                                   true},
                                         killed_at{"submit_not_begun",
                                                   [](world& w) {
                                                       w.launches.preparing.close();
                                                       ASSERT_TRUE(w.start());
                                                       w.db.writing.close();
                                                       w.launches.preparing.open();
                                                       w.settle();
                                                   },
                                                   true},
                                         killed_at{"submit_under_way",
                                                   [](world& w) {
                                                       w.slurm.submitting.close();
                                                       ASSERT_TRUE(w.start());
                                                   },
                                                   true},
                                         killed_at{"submit_under_way_and_done_later",
                                                   [](world& w) {
                                                       w.slurm.orphaned_submits_happen = true;
                                                       w.slurm.submitting.close();
                                                       ASSERT_TRUE(w.start());
                                                   },
                                                   true},
                                         killed_at{"stop_submitting_and_done_later",
                                                   [](world& w) {
                                                       w.slurm.orphaned_submits_happen = true;
                                                       w.slurm.submitting.close();
                                                       ASSERT_TRUE(w.start());
                                                       stop_it(w);
                                                   },
                                                   false},
                                         killed_at{"submit_done_not_saved",
                                                   [](world& w) {
                                                       w.slurm.submitting.close();
                                                       ASSERT_TRUE(w.start());
                                                       w.db.full = true;
                                                       w.slurm.submitting.open();
                                                       w.settle();
                                                       w.db.full = false;
                                                   },
                                                   true},
                                         killed_at{"resubmitting",
                                                   [](world& w) {
                                                       w.slurm.answers = {submit_answer::not_taken};
                                                       ASSERT_TRUE(w.start());
                                                   },
                                                   true},
                                         killed_at{"locating_lost",
                                                   [](world& w) {
                                                       w.slurm.listing.close();
                                                       w.pass(1min);
                                                       w.slurm.answers = {submit_answer::lost};
                                                       ASSERT_TRUE(w.start());
                                                   },
                                                   true},
                                         killed_at{"locating_vanished",
                                                   [](world& w) {
                                                       w.slurm.answers = {submit_answer::vanished};
                                                       ASSERT_TRUE(w.start());
                                                       w.pass(3s);
                                                   },
                                                   true},
                                         killed_at{"queued", [](world& w) { ASSERT_TRUE(w.start()); }, true},
                                         killed_at{"launching",
                                                   [](world& w) {
                                                       ASSERT_TRUE(w.start());
                                                       w.slurm.start(*w.slurm.only_job());
                                                       w.pass(3s);
                                                   },
                                                   true},
                                         killed_at{"launching_with_address",
                                                   [](world& w) {
                                                       ASSERT_TRUE(w.start());
                                                       w.slurm.start(*w.slurm.only_job());
                                                       w.pass(3s);
                                                       ASSERT_TRUE(w.run(w.hub->report_address(
                                                           {world::al, ""}, "", 40001, "")));
                                                       w.web.answering.insert("10.0.0.1:40001");
                                                   },
                                                   true},
                                         killed_at{"ready", [](world& w) { w.bring_up(); }, true},
                                         killed_at{"stop_preparing",
                                                   [](world& w) {
                                                       w.launches.preparing.close();
                                                       ASSERT_TRUE(w.start());
                                                       stop_it(w);
                                                   },
                                                   false},
                                         killed_at{"stop_submitting",
                                                   [](world& w) {
                                                       w.slurm.submitting.close();
                                                       ASSERT_TRUE(w.start());
                                                       stop_it(w);
                                                   },
                                                   false},
                                         killed_at{"stop_locating",
                                                   [](world& w) {
                                                       w.slurm.answers = {submit_answer::vanished};
                                                       ASSERT_TRUE(w.start());
                                                       stop_it(w);
                                                   },
                                                   false},
                                         killed_at{"cancelling",
                                                   [](world& w) {
                                                       w.bring_up();
                                                       w.slurm.cancel_works = false;
                                                       stop_it(w);
                                                       w.slurm.cancel_works = true;
                                                   },
                                                   false},
                                         killed_at{"finishing",
                                                   [](world& w) {
                                                       w.bring_up();
                                                       stop_it(w);
                                                       w.db.writing.close();
                                                       w.pass(3s);
                                                   },
                                                   false}),
                         [](const auto& info) { return info.param.name; });

TEST(restart, serves_ready_servers_at_once_from_what_was_stored) {
    world w;
    w.boot();
    w.bring_up();
    w.kill();
    w.door.routes.clear();
    w.slurm.down = true;
    w.boot();
    EXPECT_TRUE(w.it().ready());
    EXPECT_EQ(w.door.routes.at("/user/al/"), "10.0.0.1:40001");
    w.pass(1h);
    EXPECT_TRUE(w.it().ready());
    w.slurm.down = false;
    w.pass(1min);
    EXPECT_TRUE(w.it().ready());
}

TEST(restart, notices_what_ended_meanwhile) {
    world w;
    w.boot();
    w.bring_up();
    w.kill();
    w.slurm.end(*w.slurm.only_job(), "OUT_OF_MEMORY", 137);
    w.boot();
    w.pass(5s);
    EXPECT_FALSE(w.it().active());
    EXPECT_EQ(w.it().failure->sentence, "Out of memory (job 4711)");
    EXPECT_TRUE(w.it().failure->was_ready);
    EXPECT_EQ(w.seen.failed, 0) << "the start itself had succeeded";
}

TEST(restart, gives_a_launch_its_time_again) {
    world w;
    w.boot();
    ASSERT_TRUE(w.start());
    w.slurm.start(*w.slurm.only_job());
    w.pass(3s);
    w.kill();
    w.time.advance(1h);
    w.boot();
    w.pass(4min);
    EXPECT_EQ(w.it().state, phase::launching);
}

TEST(restart, keeps_failure_progress_and_options) {
    world w;
    w.boot();
    w.slurm.answers = {submit_answer::refused};
    ASSERT_TRUE(w.start());
    const auto before = w.it();
    w.kill();
    w.boot();
    EXPECT_EQ(w.it().failure, before.failure);
    EXPECT_EQ(w.it().progress, before.progress);
    EXPECT_EQ(w.it().user_options, before.user_options);
}

TEST(restart, a_record_that_was_to_go_goes) {
    world w;
    w.boot();
    w.bring_up();
    ASSERT_TRUE(w.stop());
    w.pass(5s);
    w.db.rows.at({1, ""})["remove_when_stopped"] = std::int64_t(1);
    w.kill();
    w.boot();
    EXPECT_FALSE(w.hub->find({world::al, ""}));
    EXPECT_TRUE(w.db.rows.empty());
}

TEST(restart, a_shut_down_touches_no_server) {
    world w;
    w.boot();
    w.bring_up();
    bool done = false;
    boost::asio::co_spawn(w.io, w.hub->shut_down(), [&](std::exception_ptr e) {
        EXPECT_FALSE(e);
        done = true;
    });
    w.settle();
    EXPECT_TRUE(done);
    EXPECT_EQ(w.slurm.alive(), 1u);
    EXPECT_EQ(w.slurm.cancels, 0);
    EXPECT_EQ(w.start(2).error().code, errc::cancelled);
    EXPECT_FALSE(w.logged("task.failed"));
    w.boot();
    EXPECT_TRUE(w.it().ready());
}

} // namespace
} // namespace berth::scheduler
