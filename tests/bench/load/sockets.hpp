// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace berth::bench {

using steady = std::chrono::steady_clock;

// A descriptor with one owner.
class descriptor {
  public:
    descriptor() = default;
    explicit descriptor(int fd) : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(other.release()) {}
    descriptor& operator=(descriptor&& other) noexcept;
    ~descriptor() { close(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release();
    void close();

  private:
    int fd_ = -1;
};

// Loopback only. Everything here throws std::system_error: a load generator that cannot work ends.
descriptor connect_to(std::uint16_t port);
descriptor listen_on(std::uint16_t port); // 0: any free one
std::uint16_t port_of(int listener);
void make_nonblocking(int fd);

// Both for blocking sockets.
void send_all(int fd, std::string_view bytes);
// Reads up to and with the empty line; what came after it is put into `rest`.
std::string read_head(int fd, std::string& rest);

// What stands behind "Name:" in a head, trimmed; empty when it is not there. Names are compared without case.
std::string_view header(std::string_view head, std::string_view name);
int status_of(std::string_view head);
std::uint64_t content_length(std::string_view head);

// An epoll set: readiness of descriptors, each known by a number of the caller's.
class poller {
  public:
    poller();
    void add(int fd, std::uint32_t events, std::uint64_t id);
    void change(int fd, std::uint32_t events, std::uint64_t id);

    // Calls f(id, events) for what is ready, after so long a wait at most.
    template<typename F>
    void wait(steady::duration at_most, F f) {
        const int n = wait_into(at_most);
        for (int i = 0; i < n; ++i) f(id_of(i), events_of(i));
    }

  private:
    int wait_into(steady::duration at_most);
    std::uint64_t id_of(int i) const;
    std::uint32_t events_of(int i) const;

    descriptor set_;
    std::string ready_; // room for epoll_events; their type stays in the .cpp
};

} // namespace berth::bench
