// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/proxy/control_server.hpp"
#include "daemon/proxy/handover.hpp"
#include "daemon/runtime/log.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace berth::proxy {

// A process that is to take the door over, and our end of the line to it (its standard input is the other).
struct launched_successor {
    pid_t pid = -1; // our child; -1: no process of its own
    unique_fd line;
};

// What the succession needs of the front door. Called on the control thread.
class succession_host {
  public:
    virtual ~succession_host() = default;
    virtual result<void> offer(int line, const std::vector<int>& predecessors) = 0;
    virtual std::string shut_api() = 0;           // takes no more changes; the routes as they are
    virtual void open_api() = 0;                  // the successor has failed
    virtual void retire() = 0;                    // accepts no more, drains
    virtual void apply(control_request call) = 0; // that the successor was told
    virtual void abandoned() = 0;                 // the successor has gone: so does the retired door
};

// Both ends of a door's life beside others: the doors before it that still drain, and the one after it. On
// the control thread.
class succession {
  public:
    using told = std::function<void(result<pid_t>)>; // the successor's process, once it is in charge

    succession(reactor& loop, logger& log, succession_host& host);
    succession(const succession&) = delete;
    succession& operator=(const succession&) = delete;
    ~succession();

    // Earlier doors: they hear of each change until they have drained.
    void add_predecessor(unique_fd line);
    std::size_t predecessors() const { return predecessors_.size(); }
    void pass_on(const control_request& call);

    // Brings up a successor and hands over to it. conflict while another one is coming up, or after that.
    void begin(const std::function<result<launched_successor>()>& launch, told when_done);
    void on_tick(); // gives up a successor that takes too long

  private:
    enum class step : std::uint8_t { none, preparing, taking, retired };
    void on_message(std::string text);
    void take_over();
    void give_up(const failure& why);
    void drop_successor();

    reactor& loop_;
    logger& log_;
    succession_host& host_;
    std::vector<std::unique_ptr<handover_line>> predecessors_;
    step at_ = step::none;
    pid_t successor_ = -1;
    std::unique_ptr<handover_line> line_;
    loop_clock::time_point give_up_at_{};
    told when_done_;
};

} // namespace berth::proxy
