// SPDX-License-Identifier: BSD-3-Clause
// Small privileged programs beside the unprivileged daemon: requests and answers are JSON lines on a socket
// pair.
//
//   request = {"id": N, "verb": "submit", "deadline_ms": 10000, ...arguments...} LF
//   answer  = {"id": N, "ok": {...}} LF  |  {"id": N, "error": {"code": "denied", "message": "..."}} LF
//
// Answers come in any order. A line is at most 16 MiB. The helper ends when its socket is closed.
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/result.hpp"
#include "daemon/runtime/serve_helper.hpp" // the helper's side

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace berth {

// Starts the helper anew with a copy of `socket` as its standard input, without waiting for it:
// helper_keeper.
using helper_starter = std::function<result<void>(int socket)>;

// The daemon's side. `start` must be called before privileges are dropped; the helper keeps those of its
// start. Afterwards one that has died is started again through `start_anew` where that was given; where it
// was not and privileges were dropped, calls answer `unavailable` and say so. Lives on one executor's thread.
class helper_process {
  public:
    // `argv[0]` is an absolute path. The socket is the child's standard input; its standard output and error
    // are the daemon's standard error, its environment is the daemon's.
    helper_process(boost::asio::any_io_executor executor, logger& log, std::string name,
                   std::vector<std::string> argv);
    helper_process(const helper_process&) = delete;
    helper_process& operator=(const helper_process&) = delete;
    ~helper_process(); // closes the socket: the helper ends by itself

    // Blocks until the program runs; not_found or io_error when it cannot.
    result<void> start();
    void start_anew_through(helper_starter starter);

    // `arguments` is an object; "id", "verb" and "deadline_ms" are added. When the helper does not answer
    // within `deadline` plus a second of grace: outcome_unknown; unavailable when nothing of it has been
    // sent, and then nothing will be. When it has died: outcome_unknown for calls under way, unavailable for
    // new ones, after one attempt to start it again with backoff (1 s to 60 s). Cancelling the awaiting
    // coroutine ends the wait (`cancelled`), not the work. What the helper answers as an error is the
    // failure.
    boost::asio::awaitable<result<nlohmann::json>> call(std::string verb, nlohmann::json arguments,
                                                        duration deadline);

    bool alive() const;

  private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace berth
