// SPDX-License-Identifier: BSD-3-Clause
// A scheduler with a truth of its own, which outlives every hub: jobs, their processes, and a controller that
// may be away, frozen, or forgetful.
#pragma once

#include "scheduler/backend.hpp"
#include "tests/simulation/nature.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <set>

namespace berth::simulation {

struct job {
    scheduler::job_status now;                                         // as the controller has it
    std::vector<std::pair<time_point, scheduler::job_status>> history; // when it became so
    std::string attempt;                                               // from its name; "" for a stranger's
    bool known = true;      // false: the controller has forgotten it
    bool ending = false;    // being killed
    int run = 0;            // grows with each start
    bool listening = false; // its server answers
    int port = 0;
    bool told_in_vain = false;          // the hub has taken the address of this run while its disk failed
    bool told_hub = false;              // the hub has taken the address of this run,
    std::optional<time_point> reported; // and had a disk to keep it on
    bool alive() const { return known && now.phase != scheduler::job_phase::over; }
};

enum class controller { up, frozen, refusing };

class batch_system {
  public:
    // `local`: processes of this machine: they run at once, at a port that the back end knows.
    batch_system(nature& n, bool local) : n_(n), local_(local) {}
    std::function<void(job&)> listens; // a job's server has begun to listen

    // What the controller does with a request, at this moment.
    result<scheduler::submitted> submit(const scheduler::job_spec& spec);
    std::vector<scheduler::job_status> listing();
    void cancel(const scheduler::job_ref& ref);

    // What happens to it.
    void set(controller c);
    controller state() const { return state_; }
    duration away_since(time_point t) const; // how long nobody could ask it
    void when_thawed(std::function<void()> what) { held_.push_back(std::move(what)); }
    void restart_with_lost_state(); // forgets the youngest jobs; their ids come again
    void requeue(job& j);
    void end(job& j, const std::string& state, std::optional<int> exit_code);
    void end_soon(job& j, const std::string& state);
    void add_stranger();

    bool is_local() const { return local_; }
    std::deque<job>& jobs() { return jobs_; }
    const std::deque<job>& jobs_view() const { return jobs_; }
    job* random_living();
    std::set<std::string> refused; // attempts
    static std::string attempt_of(const std::string& job_name);

  private:
    template<class F>
    void change(job& j, F how);
    job& add(const std::string& name, const std::string& user);
    void try_to_start(job& j);
    void start(job& j);
    nature& n_;
    bool local_;
    controller state_ = controller::up;
    std::vector<std::pair<time_point, time_point>> outages_; // the last one's end: not known yet, or passed
    std::deque<job> jobs_;                                   // never shrinks: references stay good
    std::vector<std::function<void()>> held_;
    time_point last_snapshot_{};
    int next_id_ = 100, next_port_ = 20000;
};

} // namespace berth::simulation
