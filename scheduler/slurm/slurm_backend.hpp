// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/helper_process.hpp"
#include "daemon/runtime/log.hpp"
#include "scheduler/backend.hpp"
#include "scheduler/script/batch_settings.hpp"
#include "scheduler/token_source.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace berth::scheduler {

// [cluster.NAME] with backend = "slurm".
struct slurm_settings : batch_settings {
    std::string cluster;    // NAME, for sentences and logs
    std::string job_prefix; // what the names of this hub's jobs begin with: "berth-<hub_id>-"
    // identity = "jwt": each call carries a user's own token. Null: the agent has rights of its own.
    token_source* tokens = nullptr;
    // Lists everybody's jobs, and cancels those whose owner has no token. "": the owners' tokens do it all.
    std::string poll_account;
};

// The agent's command line. `program`: berth-slurm-agent, beside berth. `job_prefix`: what the names of this
// hub's jobs begin with ("berth-<hub_id>-"). `conf`: key slurm_conf, "" for the system's.
std::vector<std::string> slurm_agent_argv(const std::string& program, const std::string& job_prefix,
                                          const std::string& conf);

// Slurm through berth-slurm-agent. Deadlines: submit and cancel 20 s, list 12 s, log 5 s. A controller that
// does not answer is asked less and less often (scheduler/common/breaker.hpp); calls meanwhile are `unavailable` at once.
// Lives on the helper's executor; everything given outlives it.
class slurm_backend final : public backend {
  public:
    slurm_backend(helper_process& agent, clock& time, logger& log, slurm_settings settings);
    slurm_backend(const slurm_backend&) = delete;
    slurm_backend& operator=(const slurm_backend&) = delete;
    ~slurm_backend() override;

    boost::asio::awaitable<result<submitted>> submit(job_spec spec) override;
    // Jobs of `interested` that slurmctld has dropped are looked up in slurmdbd, each at most every 30 s.
    boost::asio::awaitable<result<std::vector<job_status>>> list(std::vector<job_ref> interested) override;
    boost::asio::awaitable<result<void>> cancel(job_ref job) override;
    boost::asio::awaitable<result<std::string>> log_tail(job_ref job, std::size_t max_bytes) override;
    boost::asio::awaitable<std::vector<finding>> check() override;
    void change(const batch_settings& next) override;
    std::string kind() const override { return "slurm"; }

  private:
    boost::asio::awaitable<result<std::vector<job_status>>> list_current(std::vector<job_ref> interested);
    boost::asio::awaitable<void> look_up_ended(std::vector<job_ref> due);
    boost::asio::awaitable<void> look_up_ended_as(std::string asker, nlohmann::json jobs);
    std::vector<job_ref> due_for_accounting(const std::vector<job_ref>& interested,
                                            const std::vector<job_status>& listed);
    std::string asker_for(const job_ref& job) const;
    bool asks_owners() const { return settings_.tokens && settings_.poll_account.empty(); }

    clock& time_;
    logger& log_;
    slurm_settings settings_;
    struct questions; // calls of the agent, and what its listings have told
    std::unique_ptr<questions> ask_;
    std::map<std::string, job_status> ended_;    // by name: what the accounting told of interesting jobs
    std::map<std::string, time_point> asked_at_; // by name: when the accounting was asked last
};

} // namespace berth::scheduler
