// SPDX-License-Identifier: BSD-3-Clause
// What else outlives a hub: the tokens in its other tables, and the front door. And the links to them.
#pragma once

#include "scheduler/spawner/spawner.hpp"
#include "tests/simulation/batch_system.hpp"
#include "tests/simulation/disk.hpp"
#include "tests/simulation/open_calls.hpp"

#include <map>
#include <set>
#include <string>

namespace berth::simulation {

struct front_door {
    std::map<std::string, std::string> routes; // url_path -> host:port
    bool away = false;
};
std::string target_of(const scheduler::server& s);

struct token_table {
    std::set<std::string> live;   // attempts
    std::set<std::string> failed; // attempts whose preparation failed
};

class launch_link final : public scheduler::launch_support {
  public:
    launch_link(nature& n, const disk& storage, token_table& tokens, open_calls& calls)
        : n_(n)
        , storage_(storage)
        , tokens_(tokens)
        , calls_(calls) {}
    boost::asio::awaitable<result<launch>> prepare(scheduler::server s) override;
    boost::asio::awaitable<void> retire(scheduler::server s) override;

  private:
    nature& n_;
    const disk& storage_;
    token_table& tokens_;
    open_calls& calls_;
};

class door_link final : public scheduler::route_sink {
  public:
    door_link(nature& n, front_door& door, open_calls& calls) : n_(n), door_(door), calls_(calls) {}
    boost::asio::awaitable<result<void>> add(scheduler::server s) override;
    boost::asio::awaitable<result<void>> remove(scheduler::server s) override;

  private:
    boost::asio::awaitable<result<void>> tell(std::string path, std::string target);
    nature& n_;
    front_door& door_;
    open_calls& calls_;
};

class probe_link final : public scheduler::prober {
  public:
    probe_link(nature& n, batch_system& nodes, open_calls& calls) : n_(n), nodes_(nodes), calls_(calls) {}
    boost::asio::awaitable<result<void>> probe(scheduler::server s) override;

  private:
    nature& n_;
    batch_system& nodes_;
    open_calls& calls_;
};

} // namespace berth::simulation
