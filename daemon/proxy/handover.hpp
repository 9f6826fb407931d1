// SPDX-License-Identifier: BSD-3-Clause
// What a front door and its successor say to each other, over a pair of Unix sockets.
//
//   message = length (4 bytes, big-endian), as many bytes
//
//   old → new  {"listen": ADDRESS, "api": ADDRESS, "predecessors": n}, and with it the descriptors: of the
//              addresses that are not "", and of the lines to n doors that still drain
//   new → old  "prepared": what can fail has been done
//   old → new  the routes as GET /api/routes gives them; the old door's API is shut from here on
//   new → old  "ready": it accepts. The old one drains
//   new → old  {"method", "path", "body"}: each call of the API that changes something
//
// The line's end before "ready" leaves the old door in charge; after it, the old one closes what it still
// has.
#pragma once

#include "daemon/proxy/byte_stream.hpp"
#include "daemon/proxy/reactor.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/result.hpp"
#include "daemon/runtime/spawn.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::proxy {

// Sockets that a door does not make itself: its predecessor's, or from a supervisor. Used where the address
// is the one that the settings name.
struct inheritance {
    std::string listen_address, api_address;
    unique_fd listen, api;
    unique_fd line;                      // to the predecessor
    std::vector<unique_fd> predecessors; // lines to earlier ones
};

inline constexpr std::size_t most_predecessors = 16;

// The old door's first message. At most `most_predecessors`; does not block on a fresh line.
result<void> offer_sockets(int line, const std::string& listen_address, int listen_fd,
                           const std::string& api_address, int api_fd, const std::vector<int>& predecessors);

// The new door's side before its threads run; these block, `patience` at most.
result<inheritance> receive_inheritance(unique_fd line, duration patience = std::chrono::seconds(10));
result<void> send_message(int line, std::string_view text);
result<std::string> receive_message(int line, duration patience);

// A line on a reactor's thread. What the other side does not take is kept up to a bound; beyond it the line
// is cut.
class handover_line final : public watcher {
  public:
    handover_line(reactor& loop, unique_fd fd);

    // Set before the loop turns. `on_end` is the last call, and may retire the line.
    std::function<void(std::string)> on_message;
    std::function<void()> on_end;

    void send(std::string_view text);
    void close();
    int fd() const { return stream_.fd(); }
    void on_ready(std::uint32_t events) override;

  private:
    bool read_messages();
    void end();

    reactor& loop_;
    byte_stream stream_;
};

} // namespace berth::proxy
