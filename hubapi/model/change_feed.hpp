// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "scheduler/common/signals.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace berth::hub {

// Of whom or of what something has changed; how things stand now, the hub's own state tells.
struct change {
    std::uint64_t number = 0; // grows by one
    bool of_server = false;
    std::int64_t user_id = 0;
    std::string user, server; // names at that time
};

// The newest changes of users and servers, for whoever follows them: a ring of names, not of states. One who is slow costs
// nothing, and is told when the ring has gone on without them. On the hub thread.
class change_feed {
  public:
    static constexpr std::size_t kept = 10'000, most_followers = 200, most_of_one = 10;

    explicit change_feed(const boost::asio::any_io_executor& executor);

    void user_changed(std::int64_t id, std::string name);
    void server_changed(std::int64_t user_id, std::string user, std::string server);

    // Tells this hub's run from others: a number is worth nothing to another run.
    const std::string& run() const { return run_; }
    std::uint64_t newest() const { return newest_; }
    // What came after `seen`, at most `limit` of it, each user and server once, at their newest change; nothing when that
    // is not known any more.
    std::optional<std::vector<change>> since(std::uint64_t seen, std::size_t limit) const;
    // Resumes when there is more than `seen`, at the latest after `limit`.
    boost::asio::awaitable<void> more(clock& time, duration limit, std::uint64_t seen) const;

    // A place among the followers, given back with its end; nothing when there are too many, in all or of this name.
    class place {
      public:
        place(std::shared_ptr<std::map<std::string, std::size_t>> all, std::string who);
        place(const place&) = delete;
        place& operator=(const place&) = delete;
        ~place();

      private:
        std::shared_ptr<std::map<std::string, std::size_t>> all_;
        std::string who_;
    };
    std::shared_ptr<place> follow(const std::string& who);

  private:
    void add(change c);

    std::string run_;
    std::uint64_t newest_ = 0;
    std::deque<change> ring_;
    std::shared_ptr<scheduler::wake_signal> bell_;
    std::shared_ptr<std::map<std::string, std::size_t>> followers_; // how many of whom
};

} // namespace berth::hub
