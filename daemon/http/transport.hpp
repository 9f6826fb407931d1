// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/tls_context.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <span>
#include <string_view>

struct ssl_st;

namespace berth::http {

// An accepted stream socket of any family, with or without TLS. Reads and writes never block: they answer
// what to wait for. Owns the descriptor. OpenSSL works on the socket itself, so an idle connection holds no
// buffers of ours (Asio's ssl::stream would hold 34 kB).
class transport {
  public:
    enum class io { done, wait_read, wait_write, closed };
    struct outcome {
        io status;
        std::size_t bytes = 0; // with `done`
    };

    transport(const boost::asio::any_io_executor& executor, int descriptor, const tls_context& tls);
    transport(const transport&) = delete;
    transport& operator=(const transport&) = delete;
    ~transport();

    bool secure() const { return ssl_ != nullptr; }
    outcome handshake();
    // The peer spoke plain HTTP to a TLS port (after a failed handshake).
    bool got_plain_http() const { return plain_http_; }

    outcome read(std::span<char> into);
    // Reads past TLS what nobody will look at.
    outcome discard(std::span<char> scratch);
    // As much of `a` and then `b` as goes; one system call or one TLS record where that is possible.
    outcome write(std::string_view a, std::string_view b);
    // Past TLS, for the one answer that a plain client on a TLS port can read.
    void write_raw(std::string_view text);

    // Waits for readability or writability; false when it was ended by `cancel` or an error.
    boost::asio::awaitable<bool> wait(io what);
    void cancel();
    void shutdown_write(); // close_notify and FIN: the peer reads an end, not a reset

  private:
    outcome tls_outcome(int result);

    boost::asio::posix::stream_descriptor socket_;
    ssl_st* ssl_ = nullptr;
    bool plain_http_ = false;
    bool broken_ = false;
};

} // namespace berth::http
