// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "hubapi/model/spawn_credentials.hpp"
#include "scheduler/token_source.hpp"

namespace berth::hub {

// The clusters' way to users' tokens: by the rules, whoever's they are. On the hub thread.
class cluster_tokens final : public scheduler::token_source {
  public:
    cluster_tokens(people& who, spawn_credentials& credentials) : who_(who), credentials_(credentials) {}
    boost::asio::awaitable<result<secret>> token_of(std::string user) override;
    void distrust(std::string_view user, const secret& refused) override;

  private:
    people& who_;
    spawn_credentials& credentials_;
};

} // namespace berth::hub
