// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "auth/tokens/tokens.hpp"
#include "daemon/runtime/child_process.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/task.hpp"
#include "hubapi/model/settings.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace berth::hub {

// A [[service]] with a command.
struct managed_service {
    service what;
    secret token; // configured; empty: a new one at each start
    std::optional<child_identity> identity;
    bool operator==(const managed_service& other) const;
};

// Runs the managed services: each in a session of its own, started again with growing pauses when it ends,
// ended with the hub. One that a killed hub has left behind is ended before its successor starts; it is known
// by a variable of its environment, BERTH_SERVICE=<hub id>/<name>, as is all that it has started. On the hub
// thread; `stop` before destroying it.
class managed_services {
  public:
    struct surroundings { // all of it outlives this
        boost::asio::any_io_executor executor;
        clock& time;
        logger& log;
        auth::token_store& tokens;
        const settings& config;
        std::string hub_id;
    };
    explicit managed_services(surroundings in);
    managed_services(const managed_services&) = delete;
    managed_services& operator=(const managed_services&) = delete;
    ~managed_services();

    // Starts these, without waiting for it.
    void begin(std::vector<managed_service> wanted);
    // From now on these: those that are gone or have changed are ended, at most some seconds for all; new
    // ones started.
    boost::asio::awaitable<void> change(std::vector<managed_service> wanted);
    boost::asio::awaitable<void> stop();

    // 0 while it does not run.
    pid_t pid(const std::string& name) const;
    // The tokens of those that run with one of their own: what `token_store::replace_configured` would drop.
    std::vector<std::pair<secret, auth::token_record>> tokens() const;

  private:
    struct entry;
    using entries = std::vector<std::shared_ptr<entry>>;
    void add(managed_service what);
    boost::asio::awaitable<void> begin_after_sweep(std::vector<managed_service> wanted);
    boost::asio::awaitable<void> run(std::shared_ptr<entry> e);
    boost::asio::awaitable<result<void>> start(entry& e);
    boost::asio::awaitable<void> forget_token(entry& e);
    boost::asio::awaitable<void> end(entries gone);
    boost::asio::awaitable<void> sweep(std::string of, bool or_longer);

    surroundings in_;
    entries all_;
    task_scope tasks_;
};

} // namespace berth::hub
