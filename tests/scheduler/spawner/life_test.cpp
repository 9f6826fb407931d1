// SPDX-License-Identifier: BSD-3-Clause
#include "tests/scheduler/support/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::scheduler {
namespace {

using namespace std::chrono_literals;
using fake::world;

std::vector<std::string> timeline(const server& s) {
    std::vector<std::string> out;
    for (const auto& p : s.progress) out.push_back(p.message);
    return out;
}

TEST(life, goes_from_request_to_ready_and_back) {
    world w;
    w.boot();
    ASSERT_TRUE(w.start());
    EXPECT_EQ(w.it().state, phase::queued);
    EXPECT_EQ(w.it().pending(), "spawn");
    EXPECT_EQ(w.it().job_id, "4711");
    EXPECT_EQ(w.it().job_name, "berth-hub1-attempt1");
    EXPECT_EQ(w.slurm.specs.at(0).environment.at("JUPYTERHUB_API_TOKEN"), "token-attempt1");
    EXPECT_EQ(w.slurm.specs.at(0).command, std::vector<std::string>{"jupyterhub-singleuser"});
    w.slurm.only_job()->reason = "Resources";
    w.pass(3s);
    w.slurm.start(*w.slurm.only_job());
    w.pass(3s);
    EXPECT_EQ(w.it().state, phase::launching);
    EXPECT_TRUE(w.door.routes.empty());
    ASSERT_TRUE(w.run(w.hub->report_address({world::al, ""}, "attempt1", 40001, "")));
    EXPECT_EQ(w.it().state, phase::launching);
    w.web.answering.insert("10.0.0.1:40001");
    w.pass(1s);
    ASSERT_TRUE(w.it().ready());
    EXPECT_EQ(w.door.routes.at("/user/al/"), "10.0.0.1:40001");
    EXPECT_THAT(timeline(w.it()),
                testing::ElementsAre("Server requested", "Submitted to Slurm as job 4711",
                                     "Queued: waiting for resources (Resources)", "Running on node1",
                                     "The server is starting", "Server ready at /user/al/"));
    EXPECT_EQ(w.it().progress.back().percent, 100);
    EXPECT_EQ(w.db.text(1, "step"), "ready");

    ASSERT_TRUE(w.stop());
    EXPECT_TRUE(w.door.routes.empty());
    w.pass(3s);
    EXPECT_EQ(w.it().state, phase::stopped);
    EXPECT_FALSE(w.it().wanted);
    EXPECT_FALSE(w.it().failure);
    EXPECT_EQ(w.slurm.alive(), 0u);
    EXPECT_THAT(w.launches.retired, testing::ElementsAre("attempt1"));
    EXPECT_EQ(w.db.text(1, "step"), "stopped");
    for (auto event : {"spawn.requested", "spawn.submitted", "spawn.queued", "spawn.running", "spawn.ready",
                       "stop.requested", "stop.done"})
        EXPECT_EQ(w.log.count(event), 1u) << event;
    EXPECT_EQ(w.seen.succeeded, 1);
    EXPECT_EQ(w.seen.failed, 0);
    EXPECT_EQ(w.seen.stopped, 1);
}

TEST(life, log_lines_carry_user_server_job_and_attempt) {
    world w;
    w.boot();
    w.bring_up();
    for (const auto& r : w.log.records) {
        if (r.event != "spawn.ready") continue;
        const std::vector<std::pair<std::string, std::string>> fields = {
            {"user", "al"}, {"server", ""}, {"job", "4711"}, {"attempt", "attempt1"}};
        EXPECT_EQ(r.fields, fields);
    }
    EXPECT_TRUE(w.logged("spawn.ready"));
}

TEST(life, intent_is_on_disk_before_the_submit) {
    world w;
    w.boot();
    w.launches.preparing.close();
    ASSERT_TRUE(w.start());
    EXPECT_EQ(w.db.text(1, "step"), "preparing");
    w.db.writing.close();
    w.launches.preparing.open();
    w.settle();
    EXPECT_EQ(w.it().state, phase::submitting);
    EXPECT_TRUE(w.slurm.specs.empty());
    w.db.writing.open();
    w.settle();
    EXPECT_EQ(w.slurm.specs.size(), 1u);
}

TEST(life, a_full_disk_refuses_a_start_and_holds_a_submit) {
    world w;
    w.boot();
    w.db.full = true;
    EXPECT_EQ(w.start().error().code, errc::io_error);
    EXPECT_EQ(w.hub->find({world::al, ""}), nullptr);
    w.db.full = false;
    w.launches.preparing.close();
    ASSERT_TRUE(w.start());
    w.db.full = true;
    w.launches.preparing.open();
    w.pass(20s);
    EXPECT_TRUE(w.slurm.specs.empty());
    w.db.full = false;
    w.pass(6s);
    EXPECT_EQ(w.slurm.specs.size(), 1u);
}

TEST(life, unsaved_steps_are_saved_when_the_disk_is_back) {
    world w;
    w.boot();
    ASSERT_TRUE(w.start());
    w.db.full = true;
    w.make_answer();
    ASSERT_TRUE(w.wait_for([&] { return w.it().ready(); }, 10s));
    EXPECT_NE(w.db.text(1, "step"), "ready");
    w.db.full = false;
    w.pass(30s);
    EXPECT_EQ(w.db.text(1, "step"), "ready");
}

TEST(life, a_second_start_is_a_conflict_and_unknown_clusters_are_not_found) {
    world w;
    w.boot();
    ASSERT_TRUE(w.start());
    EXPECT_EQ(w.start().error().code, errc::conflict);
    auto q = w.request(2);
    q.cluster = "moon";
    EXPECT_EQ(w.run(w.hub->start(q)).error().code, errc::not_found);
}

TEST(life, limits_hold) {
    world w;
    w.limits = {.concurrent_spawns = 1, .active_servers = 2};
    w.boot();
    ASSERT_TRUE(w.start(1));
    EXPECT_EQ(w.start(2).error().code, errc::limit_exceeded);
    w.make_answer(1);
    ASSERT_TRUE(w.wait_for([&] { return w.it(1).ready(); }, 10s));
    w.bring_up(2);
    EXPECT_EQ(w.start(3).error().code, errc::limit_exceeded);
    EXPECT_EQ(w.hub->active_count(), 2u);
    EXPECT_EQ(w.hub->pending_count(), 0u);
}

TEST(life, a_failed_preparation_ends_the_start_with_its_words) {
    world w;
    w.boot();
    w.launches.refusal = failure{errc::denied, "Sign in again at /hub/login"};
    ASSERT_TRUE(w.start());
    EXPECT_EQ(w.it().state, phase::stopped);
    ASSERT_TRUE(w.it().failure);
    EXPECT_EQ(w.it().failure->sentence, "Sign in again at /hub/login");
    EXPECT_THAT(w.launches.retired, testing::ElementsAre("attempt1"));
    EXPECT_TRUE(w.slurm.specs.empty());
    EXPECT_EQ(w.seen.failed, 1);
    w.launches.refusal.reset();
    ASSERT_TRUE(w.start());
    EXPECT_FALSE(w.it().failure);
}

TEST(life, a_preparation_that_is_not_possible_now_is_tried_again) {
    world w;
    w.boot();
    w.launches.refusal = failure{errc::unavailable, "The identity provider does not answer."};
    ASSERT_TRUE(w.start());
    EXPECT_EQ(w.it().state, phase::submitting);
    EXPECT_THAT(w.it().progress.back().message, testing::HasSubstr("The identity provider does not answer."));
    EXPECT_TRUE(w.slurm.specs.empty());
    w.launches.refusal.reset();
    EXPECT_TRUE(w.wait_for([&] { return w.it().state == phase::queued; }, 10s));
    EXPECT_EQ(w.slurm.specs.size(), 1u);
    EXPECT_EQ(w.slurm.specs[0].job_name, "berth-hub1-attempt1");
}

TEST(life, a_preparation_that_stays_impossible_ends_with_the_queues_patience) {
    world w;
    w.settings.queue_timeout = 1min;
    w.boot();
    w.launches.refusal = failure{errc::unavailable, "The identity provider does not answer."};
    ASSERT_TRUE(w.start());
    EXPECT_TRUE(w.wait_for([&] { return w.it().state == phase::stopped; }, 2min));
    EXPECT_TRUE(w.it().failure);
}

TEST(life, a_job_that_ends_early_leaves_state_code_and_log) {
    world w;
    w.boot();
    ASSERT_TRUE(w.start());
    w.slurm.start(*w.slurm.only_job());
    w.slurm.end(*w.slurm.only_job(), "FAILED", 1);
    w.slurm.only_job()->reason = "NonZeroExitCode";
    w.pass(5s);
    EXPECT_EQ(w.it().state, phase::stopped);
    ASSERT_TRUE(w.it().failure);
    EXPECT_EQ(w.it().failure->sentence, "Exit code 1 before the server answered (job 4711)");
    EXPECT_EQ(w.it().failure->state, "FAILED");
    EXPECT_EQ(w.it().failure->reason, "NonZeroExitCode");
    EXPECT_EQ(w.it().failure->exit_code, 1);
    EXPECT_EQ(w.it().failure->log_tail, "the last words\n");
    EXPECT_FALSE(w.it().failure->was_ready);
    EXPECT_TRUE(w.logged("spawn.failed"));
    ASSERT_TRUE(w.run(w.hub->dismiss({world::al, ""})));
    EXPECT_FALSE(w.it().failure);
}

TEST(life, a_ready_server_that_is_cancelled_from_outside_says_so) {
    world w;
    w.boot();
    w.bring_up();
    w.slurm.end(*w.slurm.only_job(), "CANCELLED");
    ASSERT_TRUE(w.wait_for([&] { return !w.it().active(); }, 31s));
    ASSERT_TRUE(w.it().failure);
    EXPECT_TRUE(w.it().failure->was_ready);
    EXPECT_EQ(w.it().failure->sentence, "The job was cancelled from outside (scancel) (job 4711)");
    EXPECT_TRUE(w.door.routes.empty());
}

TEST(life, a_server_that_shuts_itself_down_is_no_failure) {
    world w;
    w.boot();
    w.bring_up();
    w.slurm.end(*w.slurm.only_job(), "COMPLETED", 0);
    ASSERT_TRUE(w.wait_for([&] { return !w.it().active(); }, 31s));
    EXPECT_FALSE(w.it().failure);
}

TEST(life, a_launch_that_never_answers_is_cancelled_with_its_log) {
    world w;
    w.boot();
    ASSERT_TRUE(w.start());
    w.slurm.start(*w.slurm.only_job());
    w.pass(3s);
    ASSERT_TRUE(w.run(w.hub->report_address({world::al, ""}, "", 40001, "")));
    w.pass(4min);
    EXPECT_EQ(w.it().state, phase::launching);
    w.pass(2min);
    EXPECT_EQ(w.it().state, phase::stopped);
    ASSERT_TRUE(w.it().failure);
    EXPECT_EQ(
        w.it().failure->sentence,
        "The server on node1 did not answer at 10.0.0.1:40001 within 0:05:00: connection refused (job 4711)");
    EXPECT_EQ(w.it().failure->log_tail, "the last words\n");
    EXPECT_EQ(w.slurm.alive(), 0u);
}

TEST(life, a_queue_has_its_own_patience) {
    world w;
    w.settings.queue_timeout = 1h;
    w.boot();
    ASSERT_TRUE(w.start());
    w.pass(59min);
    EXPECT_EQ(w.it().state, phase::queued);
    w.pass(2min);
    EXPECT_EQ(w.it().state, phase::stopped);
    EXPECT_EQ(w.it().failure->sentence, "The job waited in the queue for longer than 1:00:00 (job 4711)");
    EXPECT_EQ(w.slurm.alive(), 0u);
}

TEST(life, a_job_that_can_never_start_is_cancelled) {
    world w;
    w.boot();
    ASSERT_TRUE(w.start());
    w.slurm.only_job()->reason = "PartitionTimeLimit";
    w.slurm.only_job()->never_starts = true;
    w.pass(5s);
    EXPECT_EQ(w.it().state, phase::stopped);
    EXPECT_EQ(w.it().failure->sentence, "The job would never start: more time than the partition allows (PartitionTimeLimit) (job 4711)");
    EXPECT_EQ(w.slurm.alive(), 0u);
}

TEST(life, waiters_wake_on_news_only) {
    world w;
    w.boot();
    ASSERT_TRUE(w.start());
    w.pass(5s);
    int woken = 0;
    auto watch = [&](duration limit) {
        boost::asio::co_spawn(w.io, w.hub->changed({world::al, ""}, w.it().version, limit),
                              [&](std::exception_ptr) { ++woken; });
    };
    watch(1h);
    w.pass(1min);
    EXPECT_EQ(woken, 0);
    w.slurm.start(*w.slurm.only_job());
    w.pass(31s);
    EXPECT_EQ(woken, 1);
    watch(2s);
    w.pass(3s);
    EXPECT_EQ(woken, 2);
    watch(1h);
    ASSERT_TRUE(w.stop(true));
    w.pass(5s);
    EXPECT_EQ(woken, 3);
    EXPECT_EQ(w.hub->find({world::al, ""}), nullptr);
}

TEST(life, defining_touching_renaming) {
    world w;
    w.boot();
    auto q = w.request(1, "n1");
    q.display_name = "First";
    ASSERT_TRUE(w.run(w.hub->define(q)));
    const auto& s = *w.hub->find({1, "n1"});
    EXPECT_FALSE(s.active());
    EXPECT_TRUE(s.created);
    w.hub->touch({1, "n1"}, w.time.now());
    w.hub->touch({1, "n1"}, w.time.now() - 1h);
    EXPECT_EQ(s.last_activity, w.time.now());
    w.bring_up();
    ASSERT_TRUE(w.run(w.hub->rename_user(1, "alice")));
    EXPECT_EQ(w.it().user_name, "alice");
    EXPECT_EQ(w.it().url_path, "/user/al/");
    EXPECT_EQ(w.hub->of_user(1).size(), 2u);
    EXPECT_EQ(w.hub->all().size(), 2u);
    EXPECT_EQ(w.run(w.hub->define(w.request())).error().code, errc::conflict);
    EXPECT_EQ(store::text(w.db.rows.at({1, "n1"}), "user_name"), "alice");
}

TEST(life, polls_slowly_when_nothing_changes_and_at_once_when_asked) {
    world w;
    w.boot();
    w.bring_up();
    w.pass(10min);
    const int before = w.slurm.lists;
    w.pass(10min);
    EXPECT_LE(w.slurm.lists - before, 21);
    EXPECT_GE(w.slurm.lists - before, 19);
    w.pass(7s);
    const int idle = w.slurm.lists;
    ASSERT_TRUE(w.start(2));
    w.pass(500ms);
    EXPECT_GT(w.slurm.lists, idle);
}

} // namespace
} // namespace berth::scheduler
