// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/oauth/clients.hpp"

#include <algorithm>
#include <sstream>

namespace berth::hub {
namespace {

// "!service" alone is the client's own.
std::string written_out(std::string scope, const std::string& service) {
    if (scope.ends_with("!service")) scope += "=" + service;
    return scope;
}

oauth_client client_of(const service& s) {
    oauth_client c;
    c.id = s.client_id;
    c.description = "Service " + s.name;
    c.redirect_path = s.redirect_uri;
    c.service = s.name;
    for (const auto& scope : s.allowed_scopes) c.allowed_scopes.push_back(written_out(scope, s.name));
    c.confirm = s.confirm;
    return c;
}

auth::target target_of(const oauth_client& client) {
    if (!client.service.empty()) return auth::target::of_service(client.service);
    const auto slash = client.server.find('/');
    return auth::target::of_server(client.server.substr(0, slash), client.server.substr(slash + 1));
}

bool contains(const std::vector<std::string>& list, const std::string& one) {
    return std::ranges::find(list, one) != list.end();
}

} // namespace

std::vector<oauth_client> clients_of(const hub& h, const std::string& id) {
    for (const auto& s : h.config.services)
        if (!s.redirect_uri.empty() && s.client_id == id) return {client_of(s)};
    return find_clients(id, h.who, h.servers);
}

std::string access_scope(const oauth_client& client) {
    return client.service.empty() ? "access:servers!server=" + client.server
                                  : "access:services!service=" + client.service;
}

bool may_access(hub& h, const principal& who, const oauth_client& client) {
    return who.scopes->covers(client.service.empty() ? "access:servers" : "access:services",
                              target_of(client), h.who);
}

std::optional<std::vector<std::string>> grantable(const oauth_client& client, const std::string& asked) {
    std::vector<std::string> out{access_scope(client), "read:users:name!user", "read:users:groups!user"};
    const auto bare = client.service.empty() ? "access:servers!server" : "access:services!service";
    bool by_name = false;
    std::istringstream words(asked);
    for (std::string word; words >> word;) {
        by_name = true;
        if (word == "identify" || word == bare || contains(out, word)) continue;
        word = written_out(word, client.service);
        if (!contains(client.allowed_scopes, word)) return std::nullopt;
        out.push_back(word);
    }
    if (!by_name) out.insert(out.end(), client.allowed_scopes.begin(), client.allowed_scopes.end());
    return out;
}

bool is_secret_of(hub& h, const oauth_client& client, const std::string& client_secret) {
    const auto* t = h.tokens.authenticate(client_secret);
    if (!t) return false;
    if (!client.service.empty()) return !t->user_id && t->ephemeral && t->service == client.service;
    return t->is_server && t->server == client.server && t->user_id == client.key.user_id;
}

} // namespace berth::hub
