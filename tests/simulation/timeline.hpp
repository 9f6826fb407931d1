// SPDX-License-Identifier: BSD-3-Clause
// Chance and time of one simulated world: everything that happens is drawn from one seed and stands in one
// line. Values and callbacks only; one thread.
#pragma once

#include "daemon/runtime/clock.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace berth::simulation {

using std::chrono::milliseconds;
using std::chrono::seconds;

// splitmix64: the same numbers from the same seed on every machine.
class dice {
  public:
    explicit dice(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
    std::uint64_t roll() {
        auto z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }
    int below(int n) { return static_cast<int>(roll() % static_cast<std::uint64_t>(n)); }
    bool chance(int percent) { return below(100) < percent; }
    duration between(duration low, duration high) {
        return low + duration(static_cast<std::int64_t>(
                         roll() % static_cast<std::uint64_t>((high - low).count() + 1)));
    }

  private:
    std::uint64_t state_;
};

class timeline {
  public:
    explicit timeline(bool tracing) : tracing_(tracing) {}
    time_point now() const { return now_; }
    void at(time_point when, std::function<void()> what) { events_.emplace(when, std::move(what)); }
    void in(duration d, std::function<void()> what) { at(now_ + d, std::move(what)); }
    // When the next event is due; time_point::max() for none.
    time_point next() const { return events_.empty() ? time_point::max() : events_.begin()->first; }
    void move_to(time_point t) { now_ = std::max(now_, t); }
    // Runs the first event, if it is due.
    bool step();

    // A line of the trace; `what` is called only while tracing.
    template<class F>
    void tell(F what) {
        if (tracing_) write(what());
    }
    const std::vector<std::string>& trace() const { return lines_; }

  private:
    void write(std::string line);
    time_point now_{std::chrono::hours(24 * 365 * 56)};
    std::multimap<time_point, std::function<void()>> events_; // equal times: in the order of their coming
    bool tracing_;
    std::vector<std::string> lines_;
};

} // namespace berth::simulation
