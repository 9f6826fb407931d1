// SPDX-License-Identifier: BSD-3-Clause
// Processes on this machine: the embedded default, and what a hub without a batch system runs on. They
// outlive the hub and are found again by the next one. job_id is the server's process number.
#pragma once

#include "daemon/runtime/helper_process.hpp"
#include "scheduler/backend.hpp"
#include "scheduler/local/local_jobs.hpp"
#include "scheduler/spawner/spawner.hpp"

#include <boost/asio/thread_pool.hpp>

#include <memory>

namespace berth::scheduler {

// The rhythm of a machine that answers at once. Keeps the time-outs and the command of `configured`.
cluster_settings local_settings(cluster_settings configured);

class local_backend final : public backend {
  public:
    // `helper`: berth-local-launcher in its mode `serve`, started by the caller while it was root; needed
    // when options.run_as_user, else null. Outlives the back end.
    explicit local_backend(local_options options, helper_process* helper = nullptr);
    ~local_backend() override;
    local_backend(const local_backend&) = delete;
    local_backend& operator=(const local_backend&) = delete;

    boost::asio::awaitable<result<submitted>> submit(job_spec spec) override;
    boost::asio::awaitable<result<std::vector<job_status>>> list(std::vector<job_ref> interested) override;
    boost::asio::awaitable<result<void>> cancel(job_ref job) override;
    boost::asio::awaitable<result<std::string>> log_tail(job_ref job, std::size_t max_bytes) override;
    boost::asio::awaitable<std::vector<finding>> check() override;
    std::string kind() const override { return "local"; }

  private:
    boost::asio::awaitable<result<pid_t>> launch(launch_order order);

    std::shared_ptr<local_jobs> jobs_; // shared with work that is under way on the pool
    helper_process* helper_;
    boost::asio::thread_pool pool_;
};

} // namespace berth::scheduler
