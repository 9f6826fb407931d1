// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace berth::auth {

// Slows down guessing of passwords, per name and per address. After some failures each further one costs a
// wait that doubles up to 30 s; 15 quiet minutes forget them. An attempt counts as failed from its start, so
// that many at once gain nothing. Bounded: of 10,000 names and 10,000 addresses those used longest ago are
// forgotten. On the hub thread.
//
//   if (const auto wait = throttle.attempt(name, address); wait > duration{}) -> 429, Retry-After
//   check the password; then throttle.passed(...), or throttle.undecided(...) when it could not be checked
class login_throttle {
  public:
    explicit login_throttle(clock& time) : time_(time) {}

    // Zero: go on. Else how long to wait before the next attempt; it has not been counted.
    duration attempt(std::string_view name, std::string_view address);
    // The password was right: the name's failures are forgotten, and the address has one attempt less.
    void passed(std::string_view name, std::string_view address);
    // Nobody knows whether it was right: as if it had not been asked.
    void undecided(std::string_view name, std::string_view address);

    std::size_t size() const { return names_.size() + addresses_.size(); }

  private:
    struct entry {
        std::string key;
        int failures = 0;
        time_point until{}, last{};
    };
    // The one used last is in front.
    class table {
      public:
        explicit table(int free_attempts) : free_(free_attempts) {}
        duration wait(const std::string& key, time_point now) const;
        void count(const std::string& key, time_point now);
        void forgive(const std::string& key, time_point now);
        void forget(const std::string& key);
        std::size_t size() const { return order_.size(); }

      private:
        int free_;
        std::list<entry> order_;
        std::unordered_map<std::string, std::list<entry>::iterator> by_key_;
    };

    clock& time_;
    table names_{3};
    table addresses_{20}; // a whole class may sit behind one address
};

} // namespace berth::auth
