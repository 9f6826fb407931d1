// SPDX-License-Identifier: BSD-3-Clause
// Starting and stopping servers for the API and for pages alike: the checks, in one place.
#pragma once

#include "hubapi/model/hub.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace berth::hub {

struct start_order {
    std::int64_t user_id = 0;
    std::string server;                      // "" is the default one
    std::optional<std::string> user_options; // a JSON object; nothing: the last ones again
    std::optional<std::string> display_name;
    scheduler::start_key key = {};           // empty: each such order is one of its own
};

// Validates name, limits and options and starts. Returns when the start is durable; it goes on by itself. Failures:
// not_found, invalid_argument (name, options), denied (named servers are off), conflict (running, stopping),
// limit_exceeded, and those of spawn_credentials::for_start: a start is not accepted when the token that it needs cannot be had.
boost::asio::awaitable<result<void>> start_server(hub& h, start_order order);
// The same without starting: a stopped server is made or changed.
boost::asio::awaitable<result<void>> define_server(hub& h, start_order order);
// Gives a stopped server another name; what is shared of it stays shared. invalid_argument, already_exists, conflict, limit_exceeded.
boost::asio::awaitable<result<void>> rename_server(hub& h, scheduler::server_key key, std::string name);

// Stops, and forgets the server when `remove`. False: it is done, but the disk has not taken it yet. Should the hub end
// before that, the stop may have to be asked for again.
boost::asio::awaitable<result<bool>> stop_server(hub& h, scheduler::server_key key, bool remove);

// JupyterHub 6's rule for new names: 1 to 30 of a-z, 0-9 and "-", a letter first, no "--", no "-" at the end.
bool valid_server_name(std::string_view name);

// Whether the user may make a further named server.
bool may_have_another(const hub& h, std::int64_t user_id);

// When who was refused by a limit should ask again: 30 to 60, as JupyterHub says, so that those who wait do not come back
// all at once.
int retry_seconds();

// Waits until the server is neither starting nor stopping, or `limit` is over.
boost::asio::awaitable<void> settled(hub& h, scheduler::server_key key, duration limit);

} // namespace berth::hub
