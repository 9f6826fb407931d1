// SPDX-License-Identifier: BSD-3-Clause
// An identity provider without a network: its keys and checks are real, its answers what a test lays down.
#pragma once

#include "auth/provider/identity_provider.hpp"
#include "tests/auth/provider/signing.hpp"

namespace berth::auth {

struct fake_provider final : identity_provider {
    explicit fake_provider(clock& t) : time(t) {
        where.issuer = "https://idp";
        where.authorize_url = "https://idp/auth";
        where.end_session_url = "https://idp/logout?x=1";
        where.says_issuer_in_callback = true;
        keys = *key_set::parse(jwks({key().jwk()}));
    }
    static const signing_key& key() {
        static const auto made = signing_key::rsa("key");
        return made;
    }

    template<class T>
    using answer = boost::asio::awaitable<result<T>>;

    answer<provider_metadata> metadata() override {
        if (away) co_return fail(*away);
        co_return where;
    }
    std::optional<provider_metadata> known_metadata() const override {
        return away ? std::nullopt : std::optional(where);
    }
    answer<token_grant> exchange_code(oauth_client_login, secret, std::string uri, secret v) override {
        ++exchanges;
        redirect_uri = std::move(uri);
        verifier = v.reveal();
        if (!grant) co_return fail(grant.error());
        token_grant out;
        out.access_token = secret("AT");
        out.id_token = secret(id_token);
        co_return out;
    }
    answer<claims> userinfo(secret) override {
        ++userinfos;
        co_return about;
    }
    answer<claims> verify(secret token, expectation e) override {
        auto opened = keys.open(token.reveal());
        if (!opened) co_return fail(no_keys.value_or(failure{errc::unauthenticated, opened.error().message}));
        if (e.issuer.empty()) e.issuer = where.issuer;
        if (auto good = check_claims(*opened, e, time.now()); !good) co_return fail(good.error());
        co_return *opened;
    }
    answer<token_grant> refresh(oauth_client_login, secret) override { co_return unused(); }
    answer<token_grant> client_credentials(oauth_client_login, std::vector<std::string>,
                                           std::string) override {
        co_return unused();
    }
    answer<void> revoke(oauth_client_login, secret) override { co_return unused(); }
    boost::asio::awaitable<std::vector<provider_finding>> check(oauth_client_login, std::string) override {
        co_return std::vector<provider_finding>();
    }
    static std::unexpected<failure> unused() { return fail(errc::internal, "not in these tests"); }

    clock& time;
    provider_metadata where;
    key_set keys;
    std::optional<failure> away, no_keys;
    result<void> grant;
    std::string id_token;
    result<claims> about = fail(errc::not_found, "no userinfo");
    int exchanges = 0, userinfos = 0;
    std::string redirect_uri, verifier;
};

} // namespace berth::auth
