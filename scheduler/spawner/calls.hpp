// SPDX-License-Identifier: BSD-3-Clause
// The actions that wait for somebody: each is a coroutine that ends in an event, or in nothing when the
// attempt it was begun for has gone.
#pragma once

#include "scheduler/spawner/driver.hpp"

namespace berth::scheduler {

// Carries out `actions` in order for one attempt.
boost::asio::awaitable<void> carry_out(std::shared_ptr<driver> d, server_key key, std::string attempt,
                                       std::vector<server_action> actions);
// Probes until the server answers, its address changes or it is not launching any more.
boost::asio::awaitable<void> probe_until_ready(std::shared_ptr<driver> d, server_key key,
                                               std::string attempt);
// `retry_due` after the attempt's next pause.
boost::asio::awaitable<void> retry_submit(std::shared_ptr<driver> d, server_key key, std::string attempt,
                                          duration pause);

} // namespace berth::scheduler
