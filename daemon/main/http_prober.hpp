// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/http_client.hpp"
#include "scheduler/spawner/spawner.hpp"

namespace berth::config {

// Asks a single-user server whether it answers.
class http_prober final : public scheduler::prober {
  public:
    explicit http_prober(http_client& http) : http_(http) {}
    boost::asio::awaitable<result<void>> probe(scheduler::server s) override;

  private:
    http_client& http_;
};

} // namespace berth::config
