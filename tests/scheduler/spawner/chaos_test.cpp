// SPDX-License-Identifier: BSD-3-Clause
// Seeded schedules of kills, outages, lost answers, requeues and changes of mind. A failing seed replays
// alone:
// --gtest_filter=chaos* with BERTH_SEED=N.
#include "tests/scheduler/support/fakes.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace berth::scheduler {
namespace {

using namespace std::chrono_literals;
using fake::submit_answer;
using fake::world;

constexpr int users = 3;

class storm {
  public:
    explicit storm(unsigned seed) : dice_(seed) {}
    void run();

  private:
    int roll(int n) { return static_cast<int>(dice_() % static_cast<unsigned>(n)); }
    void one_thing();
    void to_a_job();
    void calm();
    void judge();
    void one_job_each();
    std::mt19937 dice_;
    world w;
    std::map<std::int64_t, bool> wanted_; // as acknowledged; false once it may have ended by itself
};

void storm::to_a_job() {
    if (w.slurm.jobs.empty()) return;
    auto& j = w.slurm.jobs[static_cast<std::size_t>(roll(static_cast<int>(w.slurm.jobs.size())))];
    if (j.phase == job_phase::over) return;
    switch (roll(5)) {
    case 0:
        j.phase = job_phase::queued;
        j.state = "PENDING";
        ++j.restarts;
        break;
    case 1:
        w.slurm.end(j, "FAILED", 1);
        for (auto u = 1; u <= users; ++u)
            if (auto* s = w.hub->find({u, ""}); s && s->job_name == j.job_name) wanted_[u] = false;
        break;
    default: w.slurm.start(j, "node1", "10.0.0.1"); break;
    }
}

void storm::one_thing() {
    const auto u = static_cast<std::int64_t>(1 + roll(users));
    switch (roll(14)) {
    case 0:
    case 1:
        boost::asio::co_spawn(w.io, w.hub->start(w.request(u)),
                              [this, u](std::exception_ptr, result<void> r) {
                                  if (r) wanted_[u] = true;
                              });
        break;
    case 2:
        wanted_[u] = false; // one that was not acknowledged (full disk) may happen or not
        boost::asio::co_spawn(w.io, w.hub->stop({u, ""}, roll(2) == 0),
                              [](std::exception_ptr, result<void>) {});
        break;
    case 3: w.slurm.down = !w.slurm.down; break;
    case 4:
        w.slurm.answers.push_back(
            static_cast<submit_answer>(std::array{0, 2, 3, 4}.at(static_cast<std::size_t>(roll(4)))));
        break;
    case 5: roll(2) ? w.slurm.submitting.close() : w.slurm.submitting.open(); break;
    case 6: roll(2) ? w.slurm.listing.close() : w.slurm.listing.open(); break;
    case 7: roll(2) ? w.launches.preparing.close() : w.launches.preparing.open(); break;
    case 8:
        w.slurm.orphaned_submits_happen = roll(2) == 0;
        w.kill();
        w.slurm.submitting.open(); // nobody waits there any more
        w.db.writing.open();
        w.launches.preparing.open();
        w.slurm.listing.open();
        w.boot();
        break;
    case 9:
        boost::asio::co_spawn(w.io, w.hub->report_address({u, ""}, "", 40000 + static_cast<int>(u), ""),
                              [](std::exception_ptr, result<void>) {});
        break;
    case 10: w.db.full = roll(3) == 0; break;
    default: to_a_job(); break;
    }
    w.settle();
    w.pass(std::chrono::milliseconds(roll(4) * 1500));
}

void storm::calm() {
    w.slurm.down = w.db.full = false;
    w.slurm.answers.clear();
    w.slurm.submitting.open();
    w.slurm.listing.open();
    w.launches.preparing.open();
    for (int u = 1; u <= users; ++u) w.web.answering.insert("10.0.0.1:" + std::to_string(40000 + u));
    w.pass(3min);
    for (auto& j : w.slurm.jobs)
        if (j.phase == job_phase::queued) w.slurm.start(j);
    w.pass(40s);
    for (int u = 1; u <= users; ++u)
        if (w.hub->find({u, ""}) && w.it(u).pending() == "spawn")
            w.run(w.hub->report_address({u, ""}, "", 40000 + u, ""));
    w.pass(30s);
}

void storm::one_job_each() {
    std::map<std::string, int> alive;
    for (const auto& j : w.slurm.jobs)
        if (j.phase != job_phase::over) EXPECT_LE(++alive[j.job_name], 1) << j.job_name;
}

void storm::judge() {
    std::size_t jobs = 0;
    for (int u = 1; u <= users; ++u) {
        const server* s = w.hub->find({u, ""});
        if (wanted_[u]) {
            EXPECT_TRUE(s && s->ready()) << "user " << u << " " << (s ? to_string(s->state) : "gone")
                                         << (s && s->failure ? s->failure->sentence : "");
        }
        if (!s || !s->active()) continue;
        EXPECT_TRUE(s->ready()) << to_string(s->state);
        EXPECT_TRUE(w.door.routes.contains(s->url_path));
        EXPECT_EQ(w.db.text(u, "step"), "ready");
        ++jobs;
    }
    EXPECT_EQ(w.slurm.alive(), jobs);
    EXPECT_EQ(w.door.routes.size(), jobs);
    EXPECT_FALSE(w.logged("task.failed"));
}

void storm::run() {
    w.boot();
    for (int i = 0; i < 60; ++i) {
        one_thing();
        one_job_each();
    }
    calm();
    judge();
}

TEST(chaos, one_job_for_each_wanted_server_and_none_for_others) {
    const char* only = std::getenv("BERTH_SEED");
    const char* many = std::getenv("BERTH_SEEDS");
    const unsigned first = only ? static_cast<unsigned>(std::atoi(only)) : 1;
    const unsigned count = only ? 1 : many ? static_cast<unsigned>(std::atoi(many)) : 150;
    for (unsigned seed = first; seed < first + count; ++seed) {
        storm(seed).run();
        ASSERT_FALSE(HasFailure()) << "BERTH_SEED=" << seed;
    }
}

} // namespace
} // namespace berth::scheduler
