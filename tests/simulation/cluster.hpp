// SPDX-License-Identifier: BSD-3-Clause
// The scheduler as one hub process reaches it: over a network that loses and delays.
#pragma once

#include "tests/simulation/batch_system.hpp"
#include "tests/simulation/open_calls.hpp"

namespace berth::simulation {

class cluster_link final : public scheduler::backend {
  public:
    cluster_link(nature& n, batch_system& there, open_calls& calls) : n_(n), there_(there), calls_(calls) {}
    boost::asio::awaitable<result<scheduler::submitted>> submit(scheduler::job_spec spec) override;
    boost::asio::awaitable<result<std::vector<scheduler::job_status>>>
    list(std::vector<scheduler::job_ref> interested) override;
    boost::asio::awaitable<result<void>> cancel(scheduler::job_ref ref) override;
    boost::asio::awaitable<result<std::string>> log_tail(scheduler::job_ref ref, std::size_t max) override;
    boost::asio::awaitable<std::vector<scheduler::finding>> check() override {
        co_return std::vector<scheduler::finding>{};
    }
    std::string kind() const override { return there_.is_local() ? "local" : "slurm"; }

  private:
    template<class T, class Act>
    boost::asio::awaitable<result<T>> ask(errc unanswered, Act act);
    nature& n_;
    batch_system& there_;
    open_calls& calls_;
};

} // namespace berth::simulation
