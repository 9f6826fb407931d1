// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/launcher.hpp"

#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/stop_point.hpp"
#include "hubapi/model/spawn_credentials.hpp"
#include "hubapi/model/urls.hpp"

#include <nlohmann/json.hpp>

namespace berth::hub {
namespace asio = boost::asio;

launcher::launcher(const settings& config, people& who, permissions& may, auth::token_store& tokens, spawn_credentials& credentials)
    : config_(config), people_(who), may_(may), tokens_(tokens), credentials_(credentials) {}

asio::awaitable<result<scheduler::launch_support::launch>> launcher::prepare(scheduler::server s) {
    auto credential = co_await credentials_.for_start(s.key.user_id);
    if (!people_.find(s.key.user_id)) co_return fail(errc::not_found, "the server's owner is gone");
    if (!credential) co_return fail(credential.error());
    // An attempt may be prepared again after a restart. The token of the first time stays good until `retire`: a submit
    // whose answer was lost may have taken it along.
    auth::token_record t;
    t.user_id = s.key.user_id;
    t.note = "Server at " + s.url_path;
    t.scopes = may_.roles().at("server").scopes;
    t.is_server = true;
    t.server = full_name(s.user_name, s.key.name);
    stop_point("token.before_commit");
    auto token = co_await tokens_.issue(std::move(t));
    stop_point("token.committed");
    if (!token) co_return fail(token.error());
    launch out;
    out.environment = environment(s, token->value);
    out.credential = std::move(credential->token);
    out.caveat = std::move(credential->note);
    co_return out;
}

std::map<std::string, std::string> launcher::environment(const scheduler::server& s, const secret& token) const {
    const auto& name = s.key.name;
    const auto full = full_name(s.user_name, name);
    const auto api = config_.connect_url + config_.base_url + "hub/api";
    const auto kind = config_.cluster_kind.find(s.cluster);
    const bool local = kind != config_.cluster_kind.end() && kind->second == "local";
    const auto access = nlohmann::json::array({"access:servers!server=" + full, "access:servers!user=" + s.user_name}).dump();
    const std::string value(token.reveal());
    std::map<std::string, std::string> e;
    if (const auto own = config_.cluster_environment.find(s.cluster); own != config_.cluster_environment.end()) e = own->second;
    e["JUPYTERHUB_API_TOKEN"] = value;
    e["JPY_API_TOKEN"] = value;
    e["JUPYTERHUB_CLIENT_ID"] = oauth_client_id(s.user_name, name);
    e["JUPYTERHUB_HOST"] = "";
    e["JUPYTERHUB_OAUTH_CALLBACK_URL"] = s.url_path + "oauth_callback";
    e["JUPYTERHUB_OAUTH_ACCESS_SCOPES"] = access;
    e["JUPYTERHUB_OAUTH_SCOPES"] = access;
    e["JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES"] = "[]";
    e["JUPYTERHUB_USER"] = s.user_name;
    e["JUPYTERHUB_SERVER_NAME"] = name;
    e["JUPYTERHUB_API_URL"] = api;
    e["JUPYTERHUB_ACTIVITY_URL"] = api + "/users/" + escape_name(s.user_name) + "/activity";
    e["JUPYTERHUB_BASE_URL"] = config_.base_url;
    e["JUPYTERHUB_SERVICE_PREFIX"] = s.url_path;
    e["JUPYTERHUB_SERVICE_URL"] = std::string(local ? "http://127.0.0.1:0" : "http://0.0.0.0:0") + s.url_path;
    e["JUPYTERHUB_PUBLIC_URL"] = config_.public_url.empty() ? "" : config_.public_url + s.url_path;
    e["JUPYTERHUB_PUBLIC_HUB_URL"] = config_.public_url.empty() ? "" : config_.public_url + config_.base_url + "hub/";
    e["JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED"] = "0";
    return e;
}

asio::awaitable<result<void>> launcher::revoke_tokens(scheduler::server s) {
    std::vector<std::int64_t> old;
    for (const auto* t : tokens_.of_user(s.key.user_id)) // whatever the user was called when it started
        if (t->is_server && std::string_view(t->server).substr(t->server.find('/') + 1) == s.key.name) old.push_back(t->id);
    const auto full = full_name(s.user_name, s.key.name);
    for (const auto* t : tokens_.of_client(oauth_client_id(s.user_name, s.key.name)))
        if (t->server == full) old.push_back(t->id); // not those of another server with the same client id
    co_return co_await tokens_.revoke(std::move(old));
}

asio::awaitable<void> launcher::retire(scheduler::server s) {
    // What fails here is tried again with the next start or stop of the same server; a dead server's token opens
    // nothing but its owner's activity.
    stop_point("token.before_retire");
    (void)co_await revoke_tokens(s);
    stop_point("token.retired");
}

std::vector<oauth_client> find_clients(std::string_view id, const people& who, const scheduler::spawner& servers) {
    static constexpr std::string_view prefix = "jupyterhub-user-";
    std::vector<oauth_client> out;
    if (!id.starts_with(prefix)) return out;
    const auto rest = id.substr(prefix.size());
    // Both names may hold "-": each place where the user's may end is tried.
    for (std::size_t end = rest.find('-');; end = rest.find('-', end + 1)) {
        const auto name = percent_decode(rest.substr(0, end));
        const auto server = end == std::string_view::npos ? "" : percent_decode(rest.substr(end + 1));
        const auto* u = who.find(name);
        const auto* s = u ? servers.find({u->id, server}) : nullptr;
        if (s && s->active() && oauth_client_id(name, server) == id)
            out.push_back({std::string(id), "Server at " + s->url_path, s->url_path + "oauth_callback", full_name(name, server), s->key});
        if (end == std::string_view::npos) return out;
    }
}

} // namespace berth::hub
