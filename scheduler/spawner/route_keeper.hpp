// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "scheduler/common/signals.hpp"
#include "scheduler/spawner/spawner.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace berth::scheduler {

// Brings the front door's routes to what the servers' lives ask for, one call at a time per path, again and
// again until it is so: a front door that is away delays a server, it never ends one. Lives on the hub
// thread.
class route_keeper : public std::enable_shared_from_this<route_keeper> {
  public:
    route_keeper(task_scope& tasks, clock& time, logger& log, route_sink& sink,
                 std::function<void(const server_key&, const std::string& attempt)> added);

    void want(server s); // s.url_path -> s.host:s.port
    void drop(server s);
    std::size_t waiting() const { return paths_.size(); } // paths that are not yet as asked

  private:
    struct path {
        server target;
        bool wanted = false;
        std::uint64_t generation = 0; // grows with every change of mind
    };
    void set(server s, bool wanted);
    static boost::asio::awaitable<void> keep(std::shared_ptr<route_keeper> self, std::string url_path);

    task_scope& tasks_;
    clock& time_;
    logger& log_;
    route_sink& sink_;
    std::function<void(const server_key&, const std::string&)> added_;
    call_slots slots_;
    std::map<std::string, path> paths_; // each has one task
};

} // namespace berth::scheduler
