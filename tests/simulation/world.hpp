// SPDX-License-Identifier: BSD-3-Clause
// One schedule: a world made from a seed, what happens in it, and the judgement at its end.
#pragma once

#include "tests/simulation/people.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace berth::simulation {

struct verdict {
    std::vector<std::string> violations; // empty: all is well
    std::vector<std::string> trace;
    std::uint64_t fingerprint = 0; // of all that happened: equal for equal seeds
    std::uint64_t turns = 0, crashes = 0, ready = 0;
};

// The disk of a hub that has never started a server. Made once per process: it opens and migrates for real.
disk::image fresh_disk();

class world {
  public:
    world(std::uint64_t seed, bool tracing, const disk::image& fresh);
    verdict run();

  private:
    // world.cpp: time, life and death
    bool beat(time_point limit);
    void pass(duration d);
    void boot();
    void boot_later();
    void crash(ending e);
    void look_at_hub();
    void look_at_log();
    void deliver_report(job& j, int run);
    void sync_routes();
    // mishaps.cpp
    void choose_climate();
    weather bad_weather();
    void something();
    void trouble_controller();
    void trouble_job();
    void trouble_door();
    void trouble_disk();
    void trouble_hub();
    void heal();
    // judge.cpp
    std::string unsettled() const; // "" when all is as it should be
    std::string unsettled_account(const people::account& a) const;
    std::string unsettled_jobs() const;
    std::string unsettled_routes() const;
    bool comes_to_rest(duration at_most);

    struct climate {
        bool crashes = false, outages = false, jobs = false, door = false, disk = false, network = false;
        int hurry = 1; // actions come this much closer together
    };

    nature n_;
    disk storage_;
    batch_system jobs_;
    token_table tokens_;
    front_door door_;
    ledger book_;
    outside outside_;
    people people_;
    climate climate_;
    std::unique_ptr<hub_process> hub_;
    bool boot_planned_ = false;
    int turns_left_ = -1; // until the hub is killed; -1: never
    ending next_ending_ = ending::killed;
    verdict out_;
};

} // namespace berth::simulation
