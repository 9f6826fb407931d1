// SPDX-License-Identifier: BSD-3-Clause
// Privileges are given up once; a helper may die later. Before the daemon gives them up it starts
// berth-keeper, a tiny program that keeps them and can do one thing: start one of the helpers that its
// command line names.
//
//   command line = berth-keeper {N word{N}}...          one group for each helper
//   request      = a byte, the helper's place in the command line, and a socket (SCM_RIGHTS): its standard
//   input
//
// There is no answer: a helper that cannot be started closes its socket. The keeper ends when its own is
// closed.
#pragma once

#include "daemon/runtime/result.hpp"
#include "daemon/runtime/spawn.hpp"

#include <memory>
#include <string>
#include <vector>

namespace berth {

using helper_command = std::vector<std::string>;

// The daemon's side. Any thread; never blocks after `start`.
class helper_keeper {
  public:
    // `program` is berth-keeper's path. Blocks until it runs. `helpers`: at most 200, argv[0] absolute.
    static result<std::unique_ptr<helper_keeper>> start(const std::string& program,
                                                        const std::vector<helper_command>& helpers);
    // Asks for helper number `which`, with a copy of `socket` as its standard input. unavailable when the
    // keeper has gone or has too much to do.
    result<void> start_helper(std::size_t which, int socket) const;

  private:
    explicit helper_keeper(unique_fd socket) : socket_(std::move(socket)) {}
    unique_fd socket_;
};

} // namespace berth
