// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/oauth/clients.hpp"

#include <algorithm>
#include <sstream>

namespace berth::hub {
namespace {

using texts = std::vector<std::string>;

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

bool contains(const texts& list, const std::string& one) { return std::ranges::find(list, one) != list.end(); }

// Without "identify", which means no more than every token has.
texts words_of(const std::string& asked) {
    texts out;
    std::istringstream in(asked);
    for (std::string word; in >> word;)
        if (word != "identify") out.push_back(word);
    return out;
}

bool asks_for_nothing(const std::string& asked) { return asked.find_first_not_of(" \t\r\n\f\v") == std::string::npos; }

// All of them scopes, or all of them names of roles, as JupyterHub reads them.
std::optional<texts> scopes_in(const texts& words, const permissions& may) {
    if (auth::check_known(words, may.custom_scopes())) return words;
    texts out;
    for (const auto& word : words) {
        const auto at = may.roles().find(word);
        if (at == may.roles().end()) return std::nullopt;
        out.insert(out.end(), at->second.scopes.begin(), at->second.scopes.end());
    }
    return out;
}

// For one user and client: bare filters stand for them.
struct resolver {
    auth::scope_owner owner;
    const auth::custom_scopes& custom;
    const auth::directory& d;

    auth::scope_set closed(const texts& raw) const { return auth::expand(raw, owner, custom); }

    struct found {
        texts within;    // as they were written where they are whole, else the part that is there
        bool all = true; // nothing was left out
    };
    // Of the wanted scopes those that `by_name` holds as they are written, or `whole` by what they mean.
    found resolve(const texts& wanted, const texts& by_name, const auth::scope_set& whole) const {
        found out;
        for (const auto& scope : wanted) {
            const auto mine = closed(texts(1, scope));
            if (contains(by_name, scope) || (!mine.empty() && auth::is_subset(mine, whole, d))) {
                out.within.push_back(scope);
                continue;
            }
            out.all = false;
            for (auto& part : auth::intersect(mine, whole, d).to_strings()) out.within.push_back(std::move(part));
        }
        return out;
    }

    bool says_nothing_new(const std::string& scope, const texts& before) const {
        const auto mine = closed(texts(1, scope));
        return !mine.empty() && auth::is_subset(mine, closed(before), d);
    }
};

} // namespace

std::vector<oauth_client> clients_of(const hub& h, const std::string& id) {
    if (const auto* s = h.services.find_client(id)) return {client_of(*s)};
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

std::optional<texts> grantable(const oauth_client& client, const principal& who, const std::string& asked,
                               const permissions& may, const auth::directory& d) {
    const resolver in{{auth::scope_owner::kind::user, who.name, client.server, client.service}, may.custom_scopes(), d};
    const texts required{access_scope(client), "read:users:name!user", "read:users:groups!user"};
    auto allowed = required;
    allowed.insert(allowed.end(), client.allowed_scopes.begin(), client.allowed_scopes.end());
    const auto words = words_of(asked);
    const auto wanted = asks_for_nothing(asked) ? std::optional(client.allowed_scopes) : scopes_in(words, may);
    if (!wanted || !in.resolve(*wanted, allowed, in.closed(allowed)).all) return std::nullopt;
    auto has = required;
    has.emplace_back("inherit"); // who has less has less of it
    auto out = required;
    for (auto& scope : in.resolve(*wanted, has, *who.scopes).within) {
        scope = written_out(std::move(scope), client.service);
        if (!contains(out, scope) && !in.says_nothing_new(scope, required)) out.push_back(std::move(scope));
    }
    return out;
}

bool is_secret_of(hub& h, const oauth_client& client, const std::string& client_secret) {
    const auto* t = h.tokens.authenticate(client_secret);
    if (!t) return false;
    if (!client.service.empty()) return !t->user_id && t->service == client.service;
    return t->is_server && t->server == client.server && t->user_id == client.key.user_id;
}

} // namespace berth::hub
