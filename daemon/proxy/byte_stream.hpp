// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;

namespace berth::proxy {

enum class io_state : std::uint8_t { ok, blocked, ended, broken };

struct io_result {
    io_state state = io_state::ok;
    std::size_t bytes = 0; // > 0 exactly when ok
};

// A non-blocking socket, plain or TLS, with the bytes that were read too early and those that could not be
// written yet. Holds no buffer while there are none. Lives on its reactor's thread; closes its descriptor.
class byte_stream {
  public:
    byte_stream() = default;
    explicit byte_stream(int fd) : fd_(fd) {}
    byte_stream(int fd, ssl_st* tls)
        : fd_(fd)
        , tls_(tls) {} // takes the TLS state; its handshake runs within `read`
    byte_stream(byte_stream&& other) noexcept;
    byte_stream& operator=(byte_stream&& other) noexcept;
    ~byte_stream();

    int fd() const { return fd_; }
    bool open() const { return fd_ >= 0; }
    void close();

    // Takes over what epoll said.
    void note(std::uint32_t events);
    bool peer_gone() const { return gone_; }         // reset, or closed in both directions
    bool peer_finished() const { return finished_; } // will send no more; what it sent may be unread

    // Bytes put back first, then the socket's.
    io_result read(std::span<char> to);
    void put_back(std::string_view bytes); // before everything else that is unread
    std::string& unread() { return unread_; }
    // Appends what the socket has to `unread()`, at most `limit` bytes.
    io_result read_more(std::span<char> scratch, std::size_t limit);

    // Takes everything: what the kernel does not take now is kept for `flush`. False: the peer cannot be
    // written to.
    bool write(std::string_view bytes);
    bool flush();
    std::size_t unsent() const { return unsent_.size() - sent_; }
    // No more will be written. For TLS: close_notify.
    void finish_writing();

    // True while an idle connection is good for another request: nothing to read, not closed. One system
    // call.
    bool still_quiet() const;

  private:
    io_result read_socket(std::span<char> to);
    io_result read_tls(std::span<char> to);
    // Bytes taken, 0 when the kernel takes none now, -1 when broken.
    std::ptrdiff_t write_some(std::string_view bytes);

    int fd_ = -1;
    ssl_st* tls_ = nullptr;
    bool readable_ = true, writable_ = true, finished_ = false, gone_ = false, broken_ = false;
    std::size_t sent_ = 0;
    std::string unread_, unsent_;
};

} // namespace berth::proxy
