// SPDX-License-Identifier: BSD-3-Clause
// The spawner's surroundings for tests and simulations: everything answers on the caller's executor, in no
// time, as it was told to. Nothing here waits for real.
#pragma once

#include "scheduler/spawner/spawner.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace berth::scheduler::fake {

// A door that calls wait at while it is closed.
class gate {
  public:
    explicit gate(const boost::asio::any_io_executor& executor);
    void close() { open_ = false; }
    void open();
    boost::asio::awaitable<void> pass();

  private:
    boost::asio::steady_timer timer_;
    bool open_ = true;
};

// The table `servers`, as it would be on disk. Understands the spawner's statements and nothing else.
class disk final : public store::database {
  public:
    explicit disk(const boost::asio::any_io_executor& executor) : writing(executor) {}
    boost::asio::awaitable<result<std::vector<store::row>>> query(store::statement s) override;
    boost::asio::awaitable<result<void>> commit(store::changes c) override;
    void write_behind(std::string key, store::statement s) override;
    boost::asio::awaitable<void> close() override { co_return; }
    std::size_t pending() const override { return 0; }
    std::optional<failure> trouble() const override { return std::nullopt; }

    std::map<std::pair<std::int64_t, std::string>, store::row> rows;
    gate writing;      // closed: commits wait
    bool full = false; // every commit fails
    int commits = 0;
    std::string text(std::int64_t user,
                     const std::string& column) const; // of the default server; "" when there is none

  private:
    void apply(const store::statement& s);
};

enum class submit_answer {
    accepted,
    refused,
    not_taken, // unavailable, nothing done
    lost,      // done, but the answer is outcome_unknown
    vanished,  // not done, and the answer is outcome_unknown
};

// A scheduler. Jobs are queued until a test says otherwise.
class cluster_back_end final : public backend {
  public:
    cluster_back_end(const boost::asio::any_io_executor& executor, clock& time);
    boost::asio::awaitable<result<submitted>> submit(job_spec spec) override;
    boost::asio::awaitable<result<std::vector<job_status>>> list(std::vector<job_ref> interested) override;
    boost::asio::awaitable<result<void>> cancel(job_ref job) override;
    boost::asio::awaitable<result<std::string>> log_tail(job_ref job, std::size_t max_bytes) override;
    boost::asio::awaitable<std::vector<finding>> check() override { co_return std::vector<finding>{}; }
    std::string kind() const override { return "slurm"; }

    // What a test does to the scheduler.
    job_status& add(const std::string& name, const std::string& user = "al"); // a job from nowhere
    job_status* job(const std::string& name);                                 // the newest with this name
    job_status* only_job();                                                   // the newest of all, or null
    void start(job_status& job, const std::string& node = "node1", const std::string& address = "10.0.0.1");
    void end(job_status& job, const std::string& state, int exit_code = 0);
    std::size_t alive() const;

    std::deque<submit_answer> answers; // for the next submits; then `accepted`
    std::string refusal = "invalid partition specified";
    bool down = false; // lists and cancels fail, submits are not taken
    bool cancel_works = true;
    bool cancel_ends_job = true;          // false: success, but the job lives on
    bool orphaned_submits_happen = false; // a submit that waited when its hub was killed is done all the same
    gate submitting, listing;
    std::string log = "the last words\n";
    std::vector<job_status> jobs;
    std::vector<job_spec> specs; // of every submit
    int lists = 0, cancels = 0;
    int next_id = 4711;

  private:
    clock& time_;
};

class support final : public launch_support {
  public:
    explicit support(const boost::asio::any_io_executor& executor) : preparing(executor) {}
    boost::asio::awaitable<result<launch>> prepare(server s) override;
    boost::asio::awaitable<void> retire(server s) override;
    gate preparing;
    std::optional<failure> refusal;
    std::vector<std::string> prepared, retired; // attempts
};

class front_door final : public route_sink {
  public:
    boost::asio::awaitable<result<void>> add(server s) override;
    boost::asio::awaitable<result<void>> remove(server s) override;
    std::map<std::string, std::string> routes; // path -> host:port
    bool down = false;
    int adds = 0;
};

class probes final : public prober {
  public:
    boost::asio::awaitable<result<void>> probe(server s) override;
    std::set<std::string> answering; // "host:port"
    int asked = 0;
};

class observer final : public spawn_observer {
  public:
    void spawn_finished(const std::string&, bool success, duration) override {
        ++(success ? succeeded : failed);
    }
    void stop_finished(const std::string&, duration) override { ++stopped; }
    void polled(const std::string&, bool healthy, duration) override { ++(healthy ? good_polls : bad_polls); }
    int succeeded = 0, failed = 0, stopped = 0, good_polls = 0, bad_polls = 0;
};

// All of it around one spawner, which can be killed and born again on the same disk and scheduler.
class world {
  public:
    world();
    ~world();

    void boot();           // load and run
    void kill();           // the spawner's tasks stop where they wait; what they held is lost
    void settle();         // until nobody has anything to do at this moment
    void pass(duration d); // time, in small steps, with everything that happens meanwhile
    bool wait_for(const std::function<bool()>& condition, duration at_most);

    template<class T>
    T run(boost::asio::awaitable<T> task) {
        std::optional<T> out;
        std::exception_ptr error;
        boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr e, T value) {
            error = e;
            out = std::move(value);
        });
        settle();
        if (error) std::rethrow_exception(error);
        return std::move(out.value()); // throws when the task has not ended by itself
    }

    static constexpr std::int64_t al = 1;
    start_request request(std::int64_t user = al, const std::string& name = "") const;
    result<void> start(std::int64_t user = al, const std::string& name = "") {
        return run(hub->start(request(user, name)));
    }
    result<void> stop(bool remove = false, std::int64_t user = al) {
        return run(hub->stop({user, ""}, remove));
    }
    const server& it(std::int64_t user = al) const { return *hub->find({user, ""}); }
    // Starts, runs on node1, answers at port 40001.
    void bring_up(std::int64_t user = al);
    void make_answer(std::int64_t user = al, int port = 40001);
    bool logged(std::string_view event) const { return log.count(event) > 0; }

    boost::asio::io_context io{1};
    manual_clock time;
    capturing_logger log;
    disk db;
    cluster_back_end slurm;
    support launches;
    front_door door;
    probes web;
    observer seen;
    cluster_settings settings;
    spawn_limits limits;
    int attempts = 0;
    std::unique_ptr<spawner> hub;
};

} // namespace berth::scheduler::fake
