// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/result.hpp"
#include "daemon/runtime/task.hpp"
#include "daemon/store/store.hpp"
#include "scheduler/backend.hpp"
#include "scheduler/spawner/server.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace berth::scheduler {

// What hubapi does for a start. Implementations outlive the spawner.
class launch_support {
  public:
    virtual ~launch_support() = default;
    struct launch {
        std::map<std::string, std::string> environment; // JUPYTERHUB_* and the cluster's own; complete
        secret credential;
        std::string caveat; // what the start has to go without, a sentence for its owner
    };
    // Makes the server's token and OAuth client durable and returns what the job needs. Called before an
    // attempt's submit, and again for the same attempt when the submit was not taken (the cluster was away)
    // or a restart found it not submitted: credentials may have aged. A token given out for an attempt stays
    // good until `retire`. `s` is a copy; its `attempt` tells attempts apart. A failure that is `unavailable`,
    // `timed_out` or `io_error` is tried again until `queue_timeout`; any other ends the start with its
    // sentence.
    virtual boost::asio::awaitable<result<launch>> prepare(server s) = 0;
    // The server has ended: its token and OAuth client go. Called once per attempt, also after failures;
    // idempotent.
    virtual boost::asio::awaitable<void> retire(server s) = 0;
};

// The front door's routes. Implemented in daemon/main over the proxy's API.
class route_sink {
  public:
    virtual ~route_sink() = default;
    virtual boost::asio::awaitable<result<void>> add(server s) = 0; // s.url_path -> s.host:s.port
    virtual boost::asio::awaitable<result<void>> remove(server s) = 0;
};

// Asks a server whether it answers: GET http://host:port<url_path>api, redirects not followed; success is any
// status below 500 (hub contract 3.6).
class prober {
  public:
    virtual ~prober() = default;
    virtual boost::asio::awaitable<result<void>> probe(server s) = 0;
};

struct cluster_settings {
    duration poll_interval = std::chrono::seconds(2);
    duration poll_interval_max = std::chrono::seconds(30);
    duration queue_timeout = std::chrono::hours(24);
    duration launch_timeout = std::chrono::minutes(5);
    std::vector<std::string> command;
    // Absence from this many complete listings in a row, spread over at least this time and two poll
    // intervals, ends a job that the scheduler does not know any more.
    int absent_listings = 3;
    duration absent_spread = std::chrono::seconds(10);
    int concurrent_submits = 8;
    int concurrent_probes = 64;
};

struct cluster {
    backend* where = nullptr; // outlives the spawner
    cluster_settings settings;
};

struct spawn_limits {
    int concurrent_spawns = 0; // servers between start and ready; 0: no limit
    int active_servers = 0;
};

// A request that has been validated (script/options.hpp).
struct start_request {
    server_key key;
    std::string user_name, url_path, display_name, cluster, profile, user_options;
    job_fields fields;
    start_key key_of_order = {}; // kept with the server; whoever asks again finds it in server::start_keys
};

// What the spawner tells of its work, for metrics. Called on the hub thread; must not call back.
class spawn_observer {
  public:
    virtual ~spawn_observer() = default;
    virtual void spawn_finished(const std::string& cluster, bool success,
                                duration took) = 0;                            // request to ready or failed
    virtual void stop_finished(const std::string& cluster, duration took) = 0; // request to stopped
    virtual void polled(const std::string& cluster, bool healthy, duration took) = 0; // one listing
};

// Keeps every notebook server's life: the table (server_fsm.hpp), its driver and one watcher per cluster.
// Owns the records; pointers given out are valid until the next co_await. One instance, on the hub thread.
class spawner {
  public:
    struct parts { // everything outlives the spawner
        boost::asio::any_io_executor executor;
        clock& time;
        logger& log;
        store::database& db;
        launch_support& support;
        route_sink& routes;
        prober& probes;
        std::map<std::string, cluster> clusters;
        std::string hub_id; // names this hub in job names: [a-z0-9]{1,12}
        spawn_limits limits;
        spawn_observer* observer = nullptr;
        std::function<std::string()> new_attempt = nullptr; // [a-z0-9]{8,16}, unique; empty: random
        // A visible change, or the record's end; on the hub thread, must not call back.
        std::function<void(const server_key& key, const std::string& user_name)> on_change = nullptr;
    };
    explicit spawner(parts p);
    spawner(const spawner&) = delete;
    spawner& operator=(const spawner&) = delete;
    ~spawner();

    static store::migrations tables();

    // Reads the stored servers. Afterwards `find` and `ready()` answer from what was stored; nothing is
    // contacted yet.
    boost::asio::awaitable<result<void>> load();
    // Starts the watchers and carries on what was under way: adopts jobs, cancels what nobody wants, resumes
    // starts.
    void run();
    // Ends all work; no server is touched. Records stay as they are in the database.
    boost::asio::awaitable<void> shut_down();

    // Returns when the intent is durable; the start goes on by itself. Failures: conflict (already active:
    // look at find()), limit_exceeded, not_found (cluster), io_error.
    boost::asio::awaitable<result<void>> start(start_request request);
    // Returns when what is in memory of this server is durable: before a start that was asked for again is acknowledged
    // once more. not_found, io_error.
    boost::asio::awaitable<result<void>> confirm(server_key key);
    // Accepted in every state; returns when durable. The job is cancelled in the background, retried until
    // confirmed, also when this fails because the disk does not take the intent. `remove`: the record goes when it has stopped. not_found when there is no such server.
    // Stopping what is stopped is a success (and removes it when asked to).
    // `why`: told to its owner as the server's failure, where it is somebody else's decision.
    boost::asio::awaitable<result<void>> stop(server_key key, bool remove, std::string why = "");
    // Creates a stopped record (JupyterHub 6: PUT), or changes name-independent data of a stopped one.
    boost::asio::awaitable<result<void>> define(start_request request);
    // Gives a stopped server another name. `along` is committed with it: what others keep under the old one. not_found,
    // already_exists, conflict (active), io_error: then nothing has changed.
    boost::asio::awaitable<result<void>> rename(server_key key, std::string name, std::string url_path, store::changes along);
    // Forgets the failure that pages show.
    boost::asio::awaitable<result<void>> dismiss(server_key key);
    // The job's callback: where the server listens. `host` "" keeps what the scheduler says. Idempotent.
    boost::asio::awaitable<result<void>> report_address(server_key key, std::string attempt_or_empty,
                                                        int port, std::string host);
    // Monotone; written behind. `by_itself`: the server reports it, and goes on doing so.
    void touch(const server_key& key, time_point when, bool by_itself = false);
    // The front door's last request to the server: its activity where it reports none itself.
    void seen_by_door(const server_key& key, time_point when);
    // The owner was renamed; running servers keep their url_path.
    boost::asio::awaitable<result<void>> rename_user(std::int64_t user_id, std::string new_name);

    // Limits for what is asked from now on; settings by cluster, which hold for the servers there are. A cluster that
    // is not known is passed over; how many calls it takes at once stays as it was.
    void change(spawn_limits limits, const std::map<std::string, cluster_settings>& clusters);

    const server* find(const server_key& key) const;
    std::vector<const server*> of_user(std::int64_t user_id) const; // sorted by name
    std::vector<const server*> all() const;
    std::size_t active_count() const;
    std::size_t pending_count() const; // between start and ready

    // Resumes when the record's version differs from `seen` or it is gone; at the latest after `limit`.
    boost::asio::awaitable<void> changed(server_key key, std::uint64_t seen, duration limit);

    struct cluster_health {
        std::optional<time_point> down_since; // no healthy listing since
        std::string why;
    };
    cluster_health health(const std::string& cluster) const;

  private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace berth::scheduler
