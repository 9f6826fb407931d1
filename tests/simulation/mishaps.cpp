// SPDX-License-Identifier: BSD-3-Clause
// What a schedule does to its world.
#include "tests/simulation/world.hpp"

#include <array>

namespace berth::simulation {

void world::choose_climate() {
    auto& c = n_.chance;
    climate_.crashes = c.chance(70);
    climate_.outages = c.chance(40);
    climate_.jobs = c.chance(40);
    climate_.door = c.chance(30);
    climate_.disk = c.chance(30);
    climate_.network = c.chance(50);
    climate_.hurry = c.chance(30) ? 20 : 1;
    n_.sky = bad_weather();
}

weather world::bad_weather() {
    auto& c = n_.chance;
    weather w;
    const auto sometimes = [&c](int often, int percent) { return c.chance(often) ? c.below(percent) : 0; };
    if (climate_.network) {
        w.lost_requests = sometimes(40, 30);
        w.lost_answers = sometimes(40, 40);
        w.late = sometimes(30, 30);
        w.not_taken = sometimes(30, 40);
        w.stale = c.chance(30);
    }
    w.slow = sometimes(40, 30);
    if (climate_.jobs) {
        w.idle_cancels = sometimes(30, 60);
        w.refusals = sometimes(30, 40);
        w.bad_starts = sometimes(30, 40);
        w.bad_jobs = sometimes(30, 40);
        w.deaf_servers = sometimes(10, 40);
    }
    if (climate_.door) w.door_faults = sometimes(50, 40);
    w.probe_faults = sometimes(20, 60);
    w.double_reports = sometimes(30, 60);
    return w;
}

void world::something() {
    const int roll = n_.chance.below(100);
    if (roll < 10 && climate_.outages) return trouble_controller();
    if (roll >= 10 && roll < 25 && climate_.jobs) return trouble_job();
    if (roll >= 25 && roll < 30 && climate_.door) return trouble_door();
    if (roll >= 30 && roll < 38 && climate_.disk) return trouble_disk();
    if (roll >= 38 && roll < 53 && climate_.crashes) return trouble_hub();
    if (roll >= 53 && roll < 56) {
        n_.sky = bad_weather();
        return;
    }
    if (hub_ && hub_->serving()) people_.act(*hub_);
}

void world::trouble_controller() {
    if (jobs_.state() != controller::up) return jobs_.set(controller::up);
    switch (n_.chance.below(3)) {
    case 0: return jobs_.set(controller::frozen);
    case 1: return jobs_.set(controller::refusing);
    default: return jobs_.restart_with_lost_state();
    }
}

void world::trouble_job() {
    if (n_.chance.chance(10)) return jobs_.add_stranger();
    auto* j = jobs_.random_living();
    if (!j) return;
    static constexpr std::array states = {"FAILED", "OUT_OF_MEMORY", "TIMEOUT", "NODE_FAIL", "CANCELLED"};
    if (n_.chance.chance(50))
        jobs_.requeue(*j);
    else if (n_.chance.chance(20))
        jobs_.end(*j, "COMPLETED", 0);
    else
        jobs_.end(*j, states.at(static_cast<std::size_t>(n_.chance.below(5))), 1);
}

void world::trouble_door() {
    if (door_.away || n_.chance.chance(50))
        door_.away = !door_.away;
    else
        door_.routes.clear(); // it began anew
}

void world::trouble_disk() {
    static constexpr std::array ills = {ailment::full, ailment::errors, ailment::sync_errors};
    storage_.fall_ill(storage_.health() != ailment::none
                          ? ailment::none
                          : ills.at(static_cast<std::size_t>(n_.chance.below(3))));
    n_.time.tell([&] { return "the disk's health: " + std::to_string(static_cast<int>(storage_.health())); });
}

void world::trouble_hub() {
    if (!hub_) return;
    next_ending_ = n_.chance.chance(50) ? ending::killed : static_cast<ending>(1 + n_.chance.below(3));
    // Most crashes come shortly after somebody has asked for something.
    if (hub_->serving() && n_.chance.chance(60)) people_.act(*hub_);
    const int roll = n_.chance.below(100);
    if (roll < 15)
        crash(next_ending_);
    else if (roll < 55)
        turns_left_ = 1 + n_.chance.below(n_.chance.chance(50) ? 12 : 120);
    else if (roll < 90)
        storage_.stop_after(1 + n_.chance.below(n_.chance.chance(50) ? 8 : 60));
    else if (hub_->serving())
        hub_->end_well();
}

void world::heal() {
    n_.time.tell([] { return "all is healed"; });
    n_.sky = weather{};
    jobs_.set(controller::up);
    door_.away = false;
    storage_.fall_ill(ailment::none);
    storage_.stop_after(-1);
    turns_left_ = -1;
}

} // namespace berth::simulation
