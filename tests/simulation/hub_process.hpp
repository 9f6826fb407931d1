// SPDX-License-Identifier: BSD-3-Clause
// One life of the hub's process: the real spawner on the real store, with the simulation's clock, worker and
// links. Destroying it is SIGKILL: nothing of it runs any more.
#pragma once

#include "daemon/store/surroundings.hpp"
#include "tests/simulation/cluster.hpp"
#include "tests/simulation/disk.hpp"
#include "tests/simulation/hub_side.hpp"
#include "tests/simulation/ledger.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>

namespace berth::simulation {

// What a hub finds when it begins, and leaves behind.
struct outside {
    nature& n;
    disk& storage;
    batch_system& jobs;
    token_table& tokens;
    front_door& door;
    ledger& book;
    scheduler::cluster_settings settings;
    int attempts = 0; // given out so far, by all hubs
};

class hub_process {
  public:
    explicit hub_process(outside& o);
    ~hub_process();

    // Opens the database and begins to load. The disk's failure: the process ends at once.
    result<void> begin();
    bool serving() const { return serving_; }
    bool failed() const { return failed_; } // could not load: it ends by itself
    bool ended() const { return ended_; }   // after `end_well`
    void end_well();                        // SIGTERM

    // One handler of its event loop; false when none is ready.
    bool turn();
    time_point next() const { return clock_.next(); }
    void move_clock();

    scheduler::spawner& servers() { return *servers_; }
    using outcome = std::function<void(result<void>)>;
    // A request from outside; `done` is not called when the process ends before it answers.
    void ask(boost::asio::awaitable<result<void>> what, outcome done);

  private:
    class watching_logger;
    class turn_worker;
    boost::asio::awaitable<void> load();
    boost::asio::awaitable<void> shut_down();
    void make_spawner();

    outside& o_;
    boost::asio::io_context io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> busy_;
    std::unique_ptr<logger> log_;
    manual_clock clock_;
    open_calls calls_;
    cluster_link cluster_;
    launch_link launches_;
    door_link door_;
    probe_link probes_;
    std::unique_ptr<watched_database> db_;
    std::unique_ptr<scheduler::spawner> servers_;
    bool serving_ = false, failed_ = false, ended_ = false;
    bool synced_ = false; // the disk was well when the database was opened
};

} // namespace berth::simulation
