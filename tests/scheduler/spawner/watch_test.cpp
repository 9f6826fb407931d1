// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/watch.hpp"

#include <gtest/gtest.h>

namespace berth::scheduler {
namespace {

job_status job(job_phase p, const std::string& id = "1") {
    job_status j;
    j.job_id = id;
    j.phase = p;
    return j;
}

TEST(pick_job, prefers_the_known_id_then_the_living) {
    const auto over = job(job_phase::over, "1"), queued = job(job_phase::queued, "2"),
               running = job(job_phase::running, "3");
    const std::vector<const job_status*> all = {&over, &queued, &running};
    EXPECT_EQ(pick_job(all, "1"), &over);
    EXPECT_EQ(pick_job(all, "3"), &running);
    EXPECT_EQ(pick_job(all, "9"), &queued);
    EXPECT_EQ(pick_job(all, ""), &queued);
    EXPECT_EQ(pick_job({}, "1"), nullptr);
}

TEST(sighting_of, tells_requeue_and_move_apart) {
    auto now = job(job_phase::running);
    EXPECT_EQ(sighting_of(now, std::nullopt), server_event::job_running);
    auto before = now;
    EXPECT_EQ(sighting_of(now, before), server_event::job_running);
    now.restarts = 1;
    EXPECT_EQ(sighting_of(now, before), server_event::job_moved);
    now.restarts = 0;
    before.address = "10.0.0.1";
    now.address = "10.0.0.2";
    EXPECT_EQ(sighting_of(now, before), server_event::job_moved);
    before.phase = job_phase::queued;
    EXPECT_EQ(sighting_of(now, before), server_event::job_running);
    auto stuck = job(job_phase::queued);
    EXPECT_EQ(sighting_of(stuck, before), server_event::job_queued);
    stuck.never_starts = true;
    EXPECT_EQ(sighting_of(stuck, before), server_event::job_stuck);
    EXPECT_EQ(sighting_of(job(job_phase::over), before), server_event::job_over);
}

TEST(absence_confirmed, needs_number_and_time) {
    cluster_settings s; // 3 listings, 10 s, interval 2 s
    EXPECT_FALSE(absence_confirmed(s, 2, std::chrono::hours(1)));
    EXPECT_FALSE(absence_confirmed(s, 100, std::chrono::seconds(9)));
    EXPECT_TRUE(absence_confirmed(s, 3, std::chrono::seconds(10)));
    s.poll_interval = std::chrono::seconds(10);
    EXPECT_FALSE(absence_confirmed(s, 3, std::chrono::seconds(19)));
    EXPECT_TRUE(absence_confirmed(s, 3, std::chrono::seconds(20)));
}

} // namespace
} // namespace berth::scheduler
