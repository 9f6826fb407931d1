// SPDX-License-Identifier: BSD-3-Clause
// Starting and stopping one server by the API: the same for one request and for each of many in one.
#pragma once

#include "hubapi/model/servers.hpp"
#include "hubapi/rest/guard.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace berth::hub {

struct named_server {
    std::string user, server;
    auth::target target() const { return auth::target::of_server(user, server); }
};
named_server server_of(const http::request& r); // of the path

// A start's body: nothing, whole as the options, or split when it has JupyterHub 6's members. invalid_argument with a sentence.
result<start_order> read_order(const nlohmann::json& body);

inline constexpr duration longest_wait = std::chrono::minutes(5);
// ?wait=30 or ?wait=30s; nothing without it. invalid_argument beyond `longest_wait`.
result<std::optional<duration>> read_wait(const http::request& r);

// The header Idempotency-Key, bound to who sends it and, as `order`, to what is asked for; empty without it.
// invalid_argument when it is empty, longer than 255 characters or no printable ASCII.
result<scheduler::start_key> read_start_key(const http::request& r, const principal& caller, const start_order& order);

// 202 when the start is durable; with `wait` 201 and the model when it is ready by then, 500 with its `failure` when it
// has failed. An order whose key has started the server before is not carried out again. 4xx as the API has them.
// `h` and `caller` outlive the call.
boost::asio::awaitable<http::response> start_one(hub& h, const principal& caller, named_server at, start_order order,
                                                 std::optional<duration> wait);
// 204 stopped, 202 stopping when `wait` (without one: half a second) is over.
boost::asio::awaitable<http::response> stop_one(hub& h, const principal& caller, named_server at, bool remove,
                                                std::optional<duration> wait);

} // namespace berth::hub
