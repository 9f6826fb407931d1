// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/request.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace berth::http {

// Bytes in, one request out (RFC 9112). Sans-io: no socket, no clock. Made for each request, dropped after
// `take`. Stricter than Beast where a proxy in front could see another message than we do: one Host,
// Transfer-Encoding is "chunked" or refused, trailers are dropped.
class request_reader {
  public:
    enum class status { need_more, complete, failed };

    request_reader(std::size_t header_bytes, std::size_t body_bytes);
    request_reader(const request_reader&) = delete;
    request_reader& operator=(const request_reader&) = delete;
    ~request_reader();

    // Takes bytes from the front and returns how many; the caller shows the others again, with more behind
    // them.
    std::size_t feed(std::string_view bytes);
    status state() const;

    // With `failed`: 400, 413, 431, 501, 505 and a sentence for the client.
    int error_status() const;
    std::string_view error_message() const;

    bool has_head() const;         // what follows is the body
    bool expects_continue() const; // the client waits for "100 Continue" before it sends the body
    bool keep_alive() const;       // valid with `has_head`
    bool is_http_1_0() const;
    std::size_t body_size() const; // bytes held so far

    // With `complete`: method, target, headers and body are set, the rest is the session's to fill in.
    request take();

  private:
    struct parser;
    std::unique_ptr<parser> parser_;
};

} // namespace berth::http
