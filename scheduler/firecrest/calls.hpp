// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/http_client.hpp"
#include "scheduler/common/breaker.hpp"
#include "scheduler/common/signals.hpp"
#include "scheduler/firecrest/refusals.hpp"
#include "scheduler/token_source.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>
#include <string>

namespace berth::scheduler {

struct call_settings {
    std::string url;     // without a slash at its end
    std::string ca_file; // PEM, trusted in place of the system's authorities; "" for these
    duration timeout = std::chrono::seconds(
        15);              // the server itself gives up after 5 s each for connection, login and command
    int per_identity = 4; // in flight: one ssh connection with ten sessions at the other end
    int at_once = 32;     // in flight for everybody together
};

struct firecrest_call {
    std::string identity;     // the hub user whose token it bears
    std::string method, path; // below the URL, encoded
    asking what = asking::question;
    std::string body; // JSON
    std::size_t max_answer = 1 << 20;
};

// One FirecREST, called with users' own tokens. A token that the server finds too old is replaced once. A
// server that does not answer is left alone for a while (breaker.hpp); so is one that asks for it. On the hub
// thread.
class firecrest_calls {
  public:
    firecrest_calls(boost::asio::any_io_executor executor, http_client& http, clock& time,
                    token_source& tokens, call_settings s);
    firecrest_calls(const firecrest_calls&) = delete;
    firecrest_calls& operator=(const firecrest_calls&) = delete;

    // The body of a 2xx answer. Failures: as refusal_of; as token_source, but that nobody's token is `denied`
    // (not_found is FirecREST's word alone); unavailable or, for a submit or a
    // cancel, outcome_unknown when there was no answer; `unauthenticated` when a new token was refused like
    // the old one.
    boost::asio::awaitable<result<std::string>> ask(firecrest_call c);

  private:
    boost::asio::awaitable<result<std::string>> once(const firecrest_call& c);
    boost::asio::awaitable<result<http_answer>> send(const firecrest_call& c, const secret& token);
    call_slots& slots_of(const std::string& identity);

    boost::asio::any_io_executor executor_;
    http_client& http_;
    clock& time_;
    token_source& tokens_;
    call_settings s_;
    breaker breaker_{{.longest_pause = std::chrono::seconds(30), .one_try = std::chrono::seconds(15)}};
    call_slots all_;
    std::map<std::string, std::unique_ptr<call_slots>>
        by_identity_; // as many as users that have had a server
};

} // namespace berth::scheduler
