// SPDX-License-Identifier: BSD-3-Clause
// A credential as a row of the database. Private to the room.
#pragma once

#include "auth/credentials/renewable.hpp"
#include "auth/credentials/vault.hpp"
#include "daemon/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace berth::auth {

// What is kept of one session.
struct credential {
    std::int64_t session = 0, user_id = 0;
    std::string subject, provider_session;
    secret refresh_token, id_token;
    std::optional<time_point> refresh_expires;
    std::string scopes, rest, userinfo; // `rest`: what else the provider answered, JSON
    time_point obtained{};
    std::optional<time_point> refreshed;
    std::string refused; // why the provider does not take the refresh token any more
    renewable access;

    // In memory only: which sign-in's it is, and how often it has changed since.
    std::uint64_t generation = 0, revision = 0;

    explicit credential(std::int64_t id) : session(id), access(static_cast<std::uint64_t>(id)) {}
};

store::migrations credential_tables();
store::statement select_credentials();
store::statement put_credential(const credential& c, const vault& keys); // made, or in the place of another
store::statement update_credential(const credential& c, const vault& keys); // never made
store::statement delete_credential(std::int64_t session);

// The row's tokens are sealed together, bound to its session and user:
//   plain = *( length ":" bytes "," )   access, refresh and id token, scopes, rest, userinfo; later versions
//   append
// not_found and invalid_argument as vault::open says.
result<credential> read_credential(const store::row& r, const vault& keys);
bool is_sealed_by_old_key(const store::row& r, const vault& keys);

} // namespace berth::auth
