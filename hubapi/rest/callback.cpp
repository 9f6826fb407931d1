// SPDX-License-Identifier: BSD-3-Clause
// A job tells where its server listens: POST /hub/api/batchspawner (batchspawner-singleuser) or /hub/api/firecrestspawner
// with the server's own token. Takes `port` and `host` (the job's own node, or it is ignored) and nothing else; telling it
// twice is the same as once.
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/reported_address.hpp"
#include "hubapi/rest/routes.hpp"

#include <nlohmann/json.hpp>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;

namespace {

// A job may name its own node only: the front door would go wherever else it was told.
bool is_own_node(const scheduler::server* s, const std::string& host) {
    return s && s->job && (host == s->job->node || host == s->job->address);
}

asio::awaitable<response> report(hub& h, principal caller, request r) {
    if (!caller.is_server) co_return error_answer(403, "Only a server's own token ($JUPYTERHUB_API_TOKEN) may tell its port.");
    auto body = read_object(r);
    if (!body) co_return error_answer(body.error());
    auto told = read_reported_address(*body);
    if (!told) co_return error_answer(told.error());
    const scheduler::server_key key{caller.user_id, caller.server.substr(caller.server.find('/') + 1)};
    auto where = std::move(told->host);
    if (!where.empty() && !is_own_node(h.servers.find(key), where)) {
        h.log.warning("callback.host_ignored", {{"user", caller.name}, {"server", key.name}, {"host", where}});
        where.clear();
    }
    auto done = co_await h.servers.report_address(key, "", told->port, std::move(where));
    if (!done) co_return error_answer(done.error());
    co_return http::make_json(201, R"({"message": "BatchSpawner data configured"})");
}

} // namespace

void add_callback_routes(http::router& routes, hub& h) {
    add_api(routes, h, "POST", "/hub/api/batchspawner", report);
    add_api(routes, h, "POST", "/hub/api/firecrestspawner", report);
}

} // namespace berth::hub
