// SPDX-License-Identifier: BSD-3-Clause
// Answers questions about scopes, a JSON line each, by the hub's own code; tests/integration/test_scopes_as_jupyterhub.py asks
// JupyterHub the same. A line is {"op": ...} with:
//   world      users {name: [groups]}, groups [], services [], custom {name: [subscopes]}     what there is, from now on
//   check      scope                                        whether it may be written
//   expand     raw, owner, client                           its strings
//   intersect  a, b                                         likewise
//   has        have, scope, kind, name                      {all: everywhere or for the target, any: with any reach}
//   token      roles [{name, scopes, users, groups, services}], owner, client, raw    {owner, token, excess}
// owner is ["user"|"service", NAME], client ["server", "USER/NAME"], ["service", NAME] or null.
#include "hubapi/model/permissions.hpp"

#include "tests/daemon/runtime/run_coro.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include <iostream>

namespace berth::hub {
namespace {

namespace asio = boost::asio;
using nlohmann::json;
using texts = std::vector<std::string>;

auth::scope_owner owner_in(const json& q) {
    auth::scope_owner out;
    out.is = q["owner"][0] == "user" ? auth::scope_owner::kind::user : auth::scope_owner::kind::service;
    out.name = q["owner"][1];
    if (!q.contains("client") || q["client"].is_null()) return out;
    (q["client"][0] == "server" ? out.client_server : out.client_service) = q["client"][1];
    return out;
}

auth::target target_in(const json& q) {
    auth::target out;
    const auto kind = q["kind"].get<std::string>();
    if (kind == "user") out.user = q["name"];
    if (kind == "server") out.server = q["name"];
    if (kind == "group") out.group = q["name"];
    if (kind == "service") out.service = q["name"];
    return out;
}

std::vector<auth::role> roles_in(const json& q) {
    std::vector<auth::role> out;
    for (const auto& r : q["roles"]) out.push_back({r["name"], "", r["scopes"], r["users"], r["groups"], r["services"]});
    return out;
}

std::vector<service> services_in(const json& q) {
    std::vector<service> out;
    for (const auto& name : q["services"]) out.emplace_back().name = name;
    return out;
}

auth::custom_scopes custom_in(const json& q) {
    std::vector<auth::custom_scope> out;
    for (const auto& [name, implies] : q["custom"].items()) out.push_back({name, "Something", implies});
    return auth::make_custom_scopes(std::move(out)).value();
}

class world {
  public:
    explicit world(const json& q) : db_(*store::open(io_.get_executor(), log_, "sqlite::memory:", {people::tables(), shares::tables()})) {
        std::map<std::string, std::vector<std::int64_t>> members;
        for (const auto& [name, groups] : q["users"].items()) {
            const auto id = run_coro(io_, who_.create_users({name}, false))->front();
            for (const auto& g : groups) members[g].push_back(id);
        }
        for (const auto& name : q["groups"]) (void)run_coro(io_, who_.create_groups({name}, members[name]));
        services_ = services_in(q);
        custom_ = custom_in(q);
    }
    ~world() {
        asio::co_spawn(io_, db_->close(), asio::detached);
        io_.restart();
        io_.run();
    }

    json answer(const json& q) {
        const auto op = q["op"].get<std::string>();
        if (op == "check") return auth::check_known(texts{q["scope"]}, custom_).has_value();
        if (op == "expand") return auth::expand(q["raw"].get<texts>(), owner_in(q), custom_).to_strings();
        if (op == "intersect") return auth::intersect(plain(q["a"]), plain(q["b"]), who_).to_strings();
        if (op == "has") {
            const auto have = plain(q["have"]);
            return {{"all", have.covers(q["scope"].get<std::string>(), target_in(q), who_)}, {"any", have.has(q["scope"].get<std::string>())}};
        }
        return op == "token" ? token(q) : json();
    }

  private:
    auth::scope_set plain(const json& expanded) const { return auth::expand(expanded.get<texts>(), {}, custom_); }

    json token(const json& q) {
        may_.change(auth::make_roles(roles_in(q), custom_).value(), services_, custom_); // throws where they are refused
        const auto owner = owner_in(q);
        auth::token_record t;
        t.id = ++last_;
        if (owner.is == auth::scope_owner::kind::user)
            t.user_id = who_.find(owner.name)->id;
        else
            t.service = owner.name;
        t.server = owner.client_server;
        t.scopes = q["raw"].get<texts>();
        if (!t.server.empty()) t.scopes.push_back("access:servers!server=" + t.server); // as whoever issues it does
        const auto whole = t.user_id ? may_.of_user(*who_.find(*t.user_id)) : may_.of_service(t.service);
        return {{"owner", whole->to_strings()}, {"token", may_.of_token(t)->to_strings()}};
    }

    asio::io_context io_;
    null_logger log_;
    manual_clock time_;
    std::unique_ptr<store::database> db_;
    people who_{time_, *db_};
    shares shared_{time_, *db_};
    std::vector<service> services_;
    auth::custom_scopes custom_;
    permissions may_{who_, shared_, *auth::make_roles({}), {}};
    std::int64_t last_ = 0;
};

} // namespace
} // namespace berth::hub

int main() {
    std::optional<berth::hub::world> now;
    for (std::string line; std::getline(std::cin, line);) {
        const auto question = nlohmann::json::parse(line);
        if (question["op"] == "world")
            now.emplace(question);
        else
            std::cout << now->answer(question).dump() << '\n';
    }
}
