// SPDX-License-Identifier: BSD-3-Clause
// The users: what they ask of the hub, and what they may rely on afterwards.
#pragma once

#include "tests/simulation/hub_process.hpp"

#include <deque>

namespace berth::simulation {

class people {
  public:
    people(nature& n, int users);

    // Somebody asks for something. Nothing while no hub answers.
    void act(hub_process& hub);

    enum class wish { start, stop, remove, define, dismiss };
    enum class answer { none, good, refused, bad };
    struct request {
        wish what;
        answer heard = answer::none;
    };
    // What the last answered word was: `none` when it is not known, since an answer was lost or bad.
    struct expectation {
        bool known = false;
        wish what = wish::stop;
        bool reason_dismissed = false;
    };
    struct account {
        scheduler::server_key key;
        std::string user;
        std::deque<request> requests; // never shrinks: references stay good
    };
    const std::vector<account>& accounts() const { return accounts_; }
    static expectation expected(const account& a);

  private:
    void ask(hub_process& hub, account& a, wish what);
    scheduler::start_request order(const account& a) const;
    nature& n_;
    std::vector<account> accounts_;
};

} // namespace berth::simulation
