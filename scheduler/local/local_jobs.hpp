// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "scheduler/backend.hpp"
#include "scheduler/local/job_files.hpp"
#include "scheduler/local/order.hpp"
#include "scheduler/local/ports.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace berth::scheduler {

struct local_options {
    std::string data_dir;                            // absolute after construction of the back end
    std::string launcher;                            // berth-local-launcher's absolute path
    std::string home_dir = "{data_dir}/home/{user}"; // working directory and HOME
    bool run_as_user = false;
    duration grace = std::chrono::seconds(5); // from SIGTERM to SIGKILL
    duration start_deadline = std::chrono::seconds(20);
    std::size_t keep_ended = 100; // state directories of ended jobs, the newest
};

// The jobs of <data_dir>/local as their state directories tell of them, with what has been learned kept in
// memory: a job that runs costs a listing one entry in one poll(2). Thread-safe; every call blocks for files
// and, in `launch`, for the launcher.
class local_jobs {
  public:
    explicit local_jobs(local_options options);

    // Makes the state directory and the order; after it the job is known by its name. already_exists when it
    // was there.
    result<launch_order> begin(const job_spec& spec);
    // Starts the order's server through the launcher, unprivileged. outcome_unknown when the launcher says
    // nothing.
    result<pid_t> launch(const launch_order& order) const;
    // The launcher has answered, or will not: what it had not begun by now it may not begin any more.
    void launched(const std::string& job_name);
    // The order came to nothing: its directory and port go.
    void forget(const std::string& job_name);

    // `keep`: names whose directories stay, however old.
    result<std::vector<job_status>> list(const std::set<std::string>& keep);
    // See end_job in shepherd.hpp. A name that is not there is a success.
    result<void> end(const std::string& job_name);
    result<std::string> log_tail(const std::string& job_name, std::size_t max_bytes) const;
    // Whether the data directory can be written to.
    result<void> check() const;

    std::string dir_of(const std::string& job_name) const;
    const local_options& options() const { return options_; }

  private:
    struct job {
        job_file file;
        std::optional<pid_file> pids;
        unique_fd shepherd;          // its pidfd; none when it had ended when we looked
        bool ours = false;           // begun here: its port is held
        bool being_launched = false; // not listed: whoever launches it learns what comes of it
        bool looked = false, over = false, gone = false;
        job_status status;
    };
    void scan();
    static bool take_back(const std::string& dir);
    void look(const std::string& name, job& j);
    void poll_shepherds();
    void finish(const std::string& name, job& j);
    void collect_garbage(const std::set<std::string>& keep);

    local_options options_;
    std::string root_, boot_;
    port_pool ports_;
    mutable std::atomic<bool> made_ = false; // the directory, by this hub or an earlier one
    std::mutex mutex_;
    std::map<std::string, job> jobs_;
    timespec scanned_{};
};

// A directory for its owner alone. already_exists, io_error.
result<void> make_private(const std::string& dir);
// A job name as it may stand in a path.
bool is_job_name(const std::string& name);

} // namespace berth::scheduler
