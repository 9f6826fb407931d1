// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth {

using header_list = std::vector<std::pair<std::string, std::string>>;

struct http_call {
    std::string method = "GET";
    std::string url = {}; // http or https, absolute
    header_list headers = {};
    std::string body = {};
    duration timeout = std::chrono::seconds(10); // for the whole call; there is no way to have none
    duration connect_timeout = std::chrono::seconds(5);
    std::string unix_socket = {};   // when set, the connection goes there whatever the URL's host
    std::string ca_file = {};       // PEM; when set, trusted in place of the system's authorities
    std::size_t max_body = 8 << 20; // bytes; a larger answer is a failure (limit_exceeded)
};

struct http_answer {
    int status = 0;
    header_list headers;
    std::string body;
    // The first value of the header, or nullptr; ASCII case-insensitive.
    const std::string* header(std::string_view name) const;
};

// Outgoing HTTP over libcurl's multi interface on the caller's event loop: never blocks, reuses connections,
// does not follow redirects, verifies certificates. Lives on one executor's thread; destroy it after the
// calls have ended. An answer of any status is a success. Failures: unavailable when nothing was sent
// (refused, no route, DNS, TLS), outcome_unknown when the request may have been processed (reset or deadline
// after sending), limit_exceeded, cancelled. The sentence names the host, never a path, a header or a body.
// invalid_argument when it cannot be sent as it stands. A request that may not be repeated (POST, PATCH) goes
// over a connection of its own: curl would send it again by itself when a kept connection turns out to be
// closed. The environment's http_proxy and no_proxy are honoured. Cancelling the awaiting coroutine aborts
// the transfer.
class http_client {
  public:
    http_client(boost::asio::any_io_executor executor, logger& log);
    http_client(const http_client&) = delete;
    http_client& operator=(const http_client&) = delete;
    ~http_client();

    boost::asio::awaitable<result<http_answer>> fetch(http_call call);

  private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace berth
