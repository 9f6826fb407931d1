// SPDX-License-Identifier: BSD-3-Clause
// Roles and scopes as JupyterHub defines them (hub contract, section 2): the general mechanism.
#pragma once

#include "daemon/runtime/result.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace berth::auth {

// What the mechanism must know of the hub's people. Implemented by hubapi; used from the hub thread.
class directory {
  public:
    virtual ~directory() = default;
    virtual bool is_member(std::string_view user, std::string_view group) const = 0;
};

// Whose scopes are expanded: bare !user, !service, !server are replaced by these, and dropped where there is
// none.
struct scope_owner {
    enum class kind { user, service } is = kind::user;
    std::string name;
    std::string client_server;  // "owner/name" of the token's OAuth client or server token; "" when none
    std::string client_service; // likewise
};

// What a permission is asked about. Empty members do not take part; every member that is set must be covered.
// Nothing set: the hub as a whole, which only a scope without filter covers.
struct target {
    std::optional<std::string> user;
    std::optional<std::string> server; // "owner/name"; `user` is then not looked at: it is the owner
    std::optional<std::string> group;
    std::optional<std::string> service;
    static target of_user(std::string name);
    static target of_server(std::string owner, std::string name);
    static target of_group(std::string name);
    static target of_service(std::string name);
};

// An expanded set of scopes: closed under subscopes, filters resolved. A value.
class scope_set {
  public:
    // Where one scope applies: everywhere, or in the union of the filters.
    struct reach {
        bool everywhere = false;
        std::set<std::string, std::less<>> users, groups, servers, services;
        // By name, by a group, or (servers, "owner/name") by their owner.
        bool has_user(std::string_view user, const directory& d) const;
        bool has_server(std::string_view server, const directory& d) const;
        bool operator==(const reach&) const = default;
    };

    bool has(std::string_view scope) const;        // with any reach at all
    bool everywhere(std::string_view scope) const; // without filter
    const reach* find(std::string_view scope) const;
    // A user filter covers the user's servers; a group filter covers its members and their servers.
    bool covers(std::string_view scope, const target& t, const directory& d) const;

    // Sorted, e.g. {"access:servers!server=al/", "read:users:name!user=al"}: what GET /user shows.
    std::vector<std::string> to_strings() const;
    bool empty() const { return scopes_.empty(); }

    // Pairs of scope and reach, sorted by scope. A reach is never empty; `everywhere` holds no filters beside
    // it.
    auto begin() const { return scopes_.begin(); }
    auto end() const { return scopes_.end(); }

    void add(std::string_view scope, const reach& r); // no subscopes are added
    void merge(const scope_set& other);
    bool operator==(const scope_set&) const = default;

  private:
    std::map<std::string, reach, std::less<>> scopes_;
};

// A scope that the site defines for its services; the hub itself asks nobody for it.
struct custom_scope {
    std::string name, description;
    std::vector<std::string> implies; // custom scopes too
    bool operator==(const custom_scope&) const = default;
};
using custom_scopes = std::map<std::string, custom_scope, std::less<>>;

// By name. invalid_argument names the scope and what is wrong: a bad name, no description, a second
// definition, a subscope that is not defined here, a circle.
result<custom_scopes> make_custom_scopes(std::vector<custom_scope> configured);

// Scopes raw, as configured or asked for -> expanded. `self` (users only), `inherit` is left to the caller
// (it is not expanded here and is dropped). Unknown scopes and malformed filters are dropped: see
// `check_known`.
scope_set expand(std::span<const std::string> raw, const scope_owner& owner, const custom_scopes& custom = {});

// invalid_argument naming the first scope that does not exist or whose filter is malformed.
result<void> check_known(std::span<const std::string> raw, const custom_scopes& custom = {});

// What both sets allow (filters resolved user/group/server, hub contract 2.3). Two different groups do not
// meet.
scope_set intersect(const scope_set& a, const scope_set& b, const directory& d);

// True when everything in `part` is also in `whole`.
bool is_subset(const scope_set& part, const scope_set& whole, const directory& d);

// One sentence for a scope, for the consent and token pages: "Start and stop servers". A filter behind it is
// not looked at; "" when there is no such scope.
std::string_view describe(std::string_view scope, const custom_scopes& custom = {});
// All scopes that exist, sorted.
std::vector<std::string> known_scopes();

struct role {
    std::string name, description;
    std::vector<std::string> scopes;
    std::vector<std::string> users, groups, services; // who bears it by configuration
};

// The default roles (user, admin, server, token) with the configured ones over them. invalid_argument names
// the role and what is wrong: a bad name, an unknown scope, a second definition, an attempt to change
// `admin`. A default role that is given bearers and no scopes keeps its own.
result<std::map<std::string, role>> make_roles(std::vector<role> configured, const custom_scopes& custom = {});
bool is_default_role(std::string_view name);

} // namespace berth::auth
