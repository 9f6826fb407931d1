// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/spawn_credentials.hpp"

#include <fmt/format.h>

namespace berth::hub {
namespace asio = boost::asio;
using auth::credential_policy;

namespace {

// What a start says of a token that could not be had.
failure for_people(const std::string& user, const failure& f) {
    switch (f.code) {
    case errc::not_found:
        return {errc::login_required,
                fmt::format("{} has no sign-in at the identity provider that this hub knows of. A server needs its access token: sign in first.", user)};
    case errc::unauthenticated:
        return {errc::login_required, fmt::format("The sign-in of {} at the identity provider has ended. Sign in again.", user)};
    case errc::denied:
    case errc::invalid_argument:
    case errc::internal: return {errc::denied, f.message};
    default: return {errc::unavailable, f.message};
    }
}

} // namespace

credential_policy spawn_credentials::policy_of(const user& u) const {
    auth::rule_subject s;
    s.user = u.name;
    s.groups.assign(u.groups.begin(), u.groups.end());
    s.roles = parts_.may.roles_of(u);
    s.service_account = parts_.accounts && parts_.accounts->has(u.name);
    return auth::find_policy(parts_.rules, s, parts_.otherwise);
}

asio::awaitable<result<auth::access>> spawn_credentials::own_token(std::int64_t user_id) {
    const auto* u = parts_.who.find(user_id);
    if (!u) co_return fail(errc::not_found, "no such user");
    const auto name = u->name;
    const bool account = policy_of(*u) == credential_policy::client_credentials;
    if (account && !(parts_.accounts && parts_.accounts->has(name)))
        co_return fail(errc::denied, fmt::format("{} is to use a service account, and [[service_account]] names none for it.", name));
    if (!account && !parts_.users) co_return fail(for_people(name, {errc::not_found, ""}));
    result<auth::access> got = fail(errc::internal, "");
    if (account)
        got = co_await parts_.accounts->fresh(name, parts_.need);
    else
        got = co_await parts_.users->fresh(user_id, parts_.need);
    if (got) co_return got;
    // A service account never signs in: what the provider refuses it is its administrators' business.
    if (account && (got.error().code == errc::unauthenticated || got.error().code == errc::not_found))
        co_return fail(errc::denied, got.error().message);
    co_return fail(for_people(name, got.error()));
}

asio::awaitable<result<granted_credential>> spawn_credentials::for_start(std::int64_t user_id) {
    const auto* u = parts_.who.find(user_id);
    if (!u) co_return fail(errc::not_found, "no such user");
    const auto policy = policy_of(*u);
    granted_credential out;
    if (policy == credential_policy::none) co_return out;
    auto got = co_await own_token(user_id);
    if (got) {
        out.token = std::move(got->token);
        out.expires = got->expires;
        co_return out;
    }
    if (policy != credential_policy::attempt) co_return fail(got.error());
    out.note = "Started without a token of the identity provider: " + got.error().message;
    co_return out;
}

asio::awaitable<result<auth::access>> spawn_credentials::access_of(std::int64_t user_id) {
    const auto* u = parts_.who.find(user_id);
    if (!u) co_return fail(errc::not_found, "no such user");
    if (policy_of(*u) == credential_policy::none)
        co_return fail(errc::not_found, fmt::format("By the hub's rules {} has no token of the identity provider.", u->name));
    co_return co_await own_token(user_id);
}

void spawn_credentials::distrust(const user& u, const secret& refused) {
    if (parts_.users) parts_.users->distrust(u.id, refused);
    if (parts_.accounts) parts_.accounts->distrust(u.name, refused);
}

} // namespace berth::hub
