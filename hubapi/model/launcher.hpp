// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "auth/tokens/tokens.hpp"
#include "hubapi/model/people.hpp"
#include "hubapi/model/permissions.hpp"
#include "hubapi/model/settings.hpp"
#include "scheduler/spawner/spawner.hpp"

#include <boost/asio/awaitable.hpp>

#include <vector>

namespace berth::hub {

class spawn_credentials;

// What the hub gives a server that starts: its API token (which is also its OAuth client's secret) and its environment
// (hub contract 3.5), the identity provider's token that the rules give it; and what it takes back when the server has ended.
class launcher final : public scheduler::launch_support {
  public:
    launcher(const settings& config, people& who, permissions& may, auth::token_store& tokens, spawn_credentials& credentials);

    boost::asio::awaitable<result<launch>> prepare(scheduler::server s) override;
    boost::asio::awaitable<void> retire(scheduler::server s) override;

  private:
    std::map<std::string, std::string> environment(const scheduler::server& s, const secret& token) const;
    boost::asio::awaitable<result<void>> revoke_tokens(scheduler::server s);

    const settings& config_;
    people& people_;
    permissions& may_;
    auth::token_store& tokens_;
    spawn_credentials& credentials_;
};

// An OAuth client: a single-user server, or a service from the configuration.
struct oauth_client {
    std::string id, description, redirect_path; // "/user/al/oauth_callback"; a service's may be absolute
    std::string server;                         // "al/n1": what access:servers!server= is asked for; "": a service
    scheduler::server_key key;
    std::string service = {};                     // "": a server
    std::vector<std::string> allowed_scopes = {}; // a service's, "!service" written out
    bool confirm = true;
};
// The active servers that the id may mean: "jupyterhub-user-a-b" is the server "b" of "a" and the default one of "a-b".
// Which of them it is, its redirect path or its secret tells.
std::vector<oauth_client> find_clients(std::string_view id, const people& who, const scheduler::spawner& servers);

} // namespace berth::hub
