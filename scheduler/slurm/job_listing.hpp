// SPDX-License-Identifier: BSD-3-Clause
// The jobs that slurmctld knows, as one asker or as many see them.
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log.hpp"
#include "scheduler/backend.hpp"
#include "scheduler/slurm/agent_calls.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace berth::scheduler {

// What one asker sees. Asks for changes only; once a minute for everything, because expected starts move
// without one. A value.
class job_listing {
  public:
    struct outcome {
        std::optional<failure> wrong;
        bool token_trouble = false;
    };
    // `calls` and `time` outlive the call; one at a time.
    boost::asio::awaitable<outcome> refresh(agent_calls& calls, clock& time, std::string asker);
    const std::vector<job_status>& jobs() const { return jobs_; }

  private:
    std::int64_t last_update_ = 0; // of slurmctld, as of jobs_
    time_point full_at_{};         // when everything was asked for last
    std::vector<job_status> jobs_;
};

// Where no account may ask for everybody: asked with the tokens of the jobs' owners. One that has been of use
// is asked first, and who could not be asked is asked last; owners whose jobs others have been shown already
// are not asked at all. At most four at once. Given parts outlive it.
class owners_listing {
  public:
    owners_listing(agent_calls& calls, clock& time, logger& log, std::string cluster)
        : calls_(calls)
        , time_(time)
        , log_(log)
        , cluster_(std::move(cluster)) {}

    // A failure only where slurmctld itself could not be asked. Jobs of owners who could not be asked, and
    // whom nobody else was shown, have phase `unknown`.
    boost::asio::awaitable<result<std::vector<job_status>>> list(const std::vector<job_ref>& interested);

  private:
    struct owner;
    struct round;
    std::vector<std::shared_ptr<owner>> in_order(const std::vector<job_ref>& interested);
    boost::asio::awaitable<void> ask(owner& o, round& r);
    boost::asio::awaitable<void> ask_further(round& r);

    agent_calls& calls_;
    clock& time_;
    logger& log_;
    std::string cluster_;
    std::map<std::string, std::shared_ptr<owner>> owners_;
};

} // namespace berth::scheduler
