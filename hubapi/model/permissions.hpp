// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "auth/scopes/scopes.hpp"
#include "auth/tokens/tokens.hpp"
#include "hubapi/model/people.hpp"
#include "hubapi/model/settings.hpp"
#include "hubapi/model/shares.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace berth::hub {

// Whoever makes a request, with what they may do now.
struct principal {
    std::int64_t user_id = 0;      // 0: a service
    std::string name;              // of the user or the service
    std::int64_t token_id = 0;     // 0: no API token
    bool by_provider_token = false; // by a token of the identity provider: neither API token nor cookie
    std::string session_id;        // the browser session's, or the one that the token was issued in
    bool is_server = false;        // a single-user server's own token
    std::string server;            // "owner/name" of that server
    std::shared_ptr<const auth::scope_set> scopes;
    bool by_cookie() const { return token_id == 0 && !by_provider_token; }
    bool is_user() const { return user_id != 0; }
};

// Effective scopes (hub contract 2.3): a user's roles, groups and shares; a token's own scopes cut down to its owner's of
// this moment. Computed once per owner or token and kept until `people`, the shares or the roles change. On the hub thread.
class permissions {
  public:
    using scopes = std::shared_ptr<const auth::scope_set>;

    permissions(const people& who, const shares& shared, std::map<std::string, auth::role> roles, const std::vector<service>& services,
                auth::custom_scopes custom = {});

    // From now on by these roles, services and custom scopes.
    void change(std::map<std::string, auth::role> roles, const std::vector<service>& services, auth::custom_scopes custom = {});
    void change(const std::vector<service>& services);

    scopes of_user(const user& u);
    scopes of_service(const std::string& name);
    scopes of_token(const auth::token_record& t); // nullptr when the owner is gone
    // What a token of this owner with these raw scopes could do; not kept. For checks before a token is issued.
    auth::scope_set of_raw(const std::vector<std::string>& raw, const auth::token_record& t);

    const std::map<std::string, auth::role>& roles() const { return roles_; }
    const auth::custom_scopes& custom_scopes() const { return custom_; }
    std::vector<std::string> roles_of(const user& u) const;   // direct ones, sorted
    std::vector<std::string> roles_of_service(const std::string& name) const;
    std::vector<std::string> roles_of_group(const std::string& name) const;

  private:
    void refresh();
    void add_shared(auth::scope_set& to, const grantee& with, const user& u) const;
    auth::scope_set owner_scopes(const auth::token_record& t);

    const people& people_;
    const shares& shared_;
    std::map<std::string, auth::role> roles_;
    std::map<std::string, service> services_;
    auth::custom_scopes custom_;
    std::uint64_t epoch_ = 0; // of people and shares together
    std::unordered_map<std::int64_t, scopes> users_;
    struct kept_token {
        time_point created{}; // an id may come again: it is another token then
        scopes what;
    };
    std::unordered_map<std::int64_t, kept_token> tokens_;
    std::map<std::string, scopes> by_service_;
};

} // namespace berth::hub
