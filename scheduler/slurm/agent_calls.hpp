// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/helper_process.hpp"
#include "daemon/runtime/result.hpp"
#include "scheduler/common/breaker.hpp"
#include "scheduler/token_source.hpp"

#include <boost/asio/awaitable.hpp>
#include <nlohmann/json.hpp>

#include <map>
#include <string>

namespace berth::scheduler {

// One word to the agent (agent/verbs.hpp).
struct agent_call {
    std::string verb;
    nlohmann::json arguments = nlohmann::json::object();
    duration deadline = std::chrono::seconds(12);
    bool of_controller = true; // the breaker stops it, and learns from it
};

struct agent_answer {
    result<nlohmann::json> told;
    // It failed for this user's token alone: none could be had, or slurmctld does not accept it. Nothing was
    // done.
    bool token_trouble = false;
};

// Calls of the agent: kept from a controller that does not answer, and made with users' tokens where there
// are any. Lives on the helper's executor; everything given outlives it.
class agent_calls {
  public:
    // `tokens` null: the agent acts with the rights that it has.
    agent_calls(helper_process& agent, clock& time, token_source* tokens)
        : agent_(agent)
        , time_(time)
        , tokens_(tokens) {}
    agent_calls(const agent_calls&) = delete;
    agent_calls& operator=(const agent_calls&) = delete;

    bool with_tokens() const { return tokens_ != nullptr; }

    // As `user`; "": as the agent itself. A token that slurmctld refuses is replaced and the call made once
    // more, for each user at most every 30 s.
    boost::asio::awaitable<agent_answer> as(std::string user, agent_call call);

  private:
    boost::asio::awaitable<result<nlohmann::json>> send(agent_call call);
    boost::asio::awaitable<result<nlohmann::json>> send_with(agent_call call, secret token);
    bool may_replace(const std::string& user);

    helper_process& agent_;
    clock& time_;
    token_source* tokens_;
    breaker breaker_{{.longest_pause = std::chrono::seconds(10), .one_try = std::chrono::seconds(10)}};
    std::map<std::string, time_point> replaced_at_; // by user: when a token was last given back as refused
};

// What a failed question may say: nothing is unknown about what it did.
failure as_question(failure f);

} // namespace berth::scheduler
