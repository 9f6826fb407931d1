// SPDX-License-Identifier: BSD-3-Clause
// The inside of `spawner`: carries out the table's actions, and feeds it with what the clusters tell.
// Everything it touches outside is `spawner::parts`; everything on the hub thread. Tasks hold it by
// shared_ptr and find records again by key and attempt after every co_await.
#pragma once

#include "scheduler/spawner/progress_text.hpp"
#include "scheduler/spawner/record.hpp"
#include "scheduler/spawner/route_keeper.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace berth::scheduler {

// One cluster as it is watched.
struct watched_cluster {
    std::string name;
    cluster where;
    std::unique_ptr<wake_signal> bell;
    std::unique_ptr<wake_signal>
        back; // rung when it answers again: what was to be repeated need not wait longer
    std::unique_ptr<call_slots> submits, cancels, probes;
    std::uint64_t listings = 0; // begun so far
    time_point last_good{};     // the last healthy listing, or when watching began
    std::optional<time_point> down_since;
    std::string why;
    duration pause{};              // until the next listing
    time_point changed_at{};       // when a listing last brought news
    std::set<std::string> orphans; // job ids being cancelled
};

class driver : public std::enable_shared_from_this<driver> {
  public:
    explicit driver(spawner::parts p);
    void open(); // once, when a shared_ptr holds it

    // driver_records.cpp
    record* find(const server_key& key);
    record* find(const server_key& key, const std::string& attempt);
    watched_cluster* cluster_of(const record& r);
    void news(record& r); // a visible change: version, waiters
    std::string fresh_attempt() const;
    void forget(const server_key& key);
    boost::asio::awaitable<result<void>> save(server_key key);
    void save_later(const record& r);

    // driver.cpp: one event through the table. `transit` returns the actions that wait for others; `apply`
    // starts them.
    std::vector<server_action> transit(record& r, server_event on, const ending* why = nullptr);
    void apply(record& r, server_event on, const ending* why = nullptr);
    void start_calls(const record& r, std::vector<server_action> calls);
    ending describe(const record& r, ending_cause cause, std::string words = {}) const;
    void note(record& r, stage where, std::string message);

    // watcher.cpp
    static boost::asio::awaitable<void> watch(std::shared_ptr<driver> d, std::string cluster_name);

    // boot.cpp
    static boost::asio::awaitable<void> save_again(std::shared_ptr<driver> d);
    boost::asio::awaitable<result<void>> load();
    void run();

    spawner::parts with;
    std::map<server_key, record> records;
    std::map<std::string, watched_cluster> clusters;
    task_scope tasks;
    std::shared_ptr<route_keeper> routes;
    std::uint64_t versions = 0; // the last one given out
    std::size_t waiters = 0;
    std::shared_ptr<wake_signal> refused =
        std::make_shared<wake_signal>(with.executor); // the disk did not take a record
    bool closed = false;

  private:
    void enter(record& r, server_step to);
    bool perform(record& r, server_action a, const ending* why); // false: it has to wait for others
    void begin_attempt(record& r);
    void keep_failure(record& r, const ending& e);
    void forget_address(record& r);
    void tell(record& r, server_step from, server_event on);
    void finish_start(record& r, bool success);
};

} // namespace berth::scheduler
