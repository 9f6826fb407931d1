// SPDX-License-Identifier: BSD-3-Clause
// An identity provider for tests: it answers what a test has written down, when the test lets it, and counts.
#pragma once

#include "auth/provider/identity_provider.hpp"
#include "daemon/runtime/resume.hpp"

#include <deque>
#include <functional>
#include <set>

namespace berth::auth {

// On one thread. Refresh tokens are rotated, and one that is used twice ends the session, as Keycloak does:
// what it is asked to refresh must be the newest that it gave for the session, "refresh-SESSION-NUMBER".
class fake_provider final : public identity_provider {
  public:
    explicit fake_provider(clock& time) : time_(time) {}

    // Script. `next` are the answers to the next calls of any kind; afterwards everything succeeds.
    std::deque<failure> next;
    duration access_life = std::chrono::seconds(60);
    bool tells_expiry = true, rotates = true;
    std::function<result<claims>(const secret&, const expectation&)> verdict;
    std::set<std::string> dead; // sessions that a reused token has ended

    // While held, calls wait; `release` answers them all, in their order.
    bool held = false;
    void release() {
        held = false;
        for (auto& resume : std::exchange(waiting_, {})) resume(true);
    }
    std::size_t waiting() const { return waiting_.size(); }

    // Counts.
    int refreshes = 0, grants = 0, verified = 0;
    std::vector<std::string> spent;   // refresh tokens, as they came
    std::vector<std::string> clients; // of each call for a token
    std::vector<std::vector<std::string>> scopes;

    // The tokens of a sign-in.
    token_grant sign_in(const std::string& session) { return grant_of(session, time_.now()); }

    boost::asio::awaitable<result<token_grant>> refresh(oauth_client_login client, secret token) override {
        ++refreshes;
        clients.push_back(client.id);
        const std::string value(token.reveal());
        spent.push_back(value);
        const auto asked = time_.now();
        auto failed = take();
        co_await gate();
        // Lost on its way back: the token is spent all the same, if the test says so.
        if (failed) co_return fail(*failed);
        const auto session = value.substr(8, value.rfind('-') - 8);
        if (dead.contains(session) || value != newest_[session]) {
            dead.insert(session);
            co_return fail(
                errc::unauthenticated,
                "the identity provider answered 400 invalid_grant (Session not active): sign in again");
        }
        auto out = grant_of(session, asked);
        if (!rotates) out.refresh_token = secret();
        if (!rotates) newest_[session] = value;
        out.id_token = secret();
        co_return out;
    }
    boost::asio::awaitable<result<token_grant>>
    client_credentials(oauth_client_login client, std::vector<std::string> wanted, std::string) override {
        ++grants;
        clients.push_back(client.id);
        scopes.push_back(std::move(wanted));
        const auto asked = time_.now();
        auto failed = take();
        co_await gate();
        if (failed) co_return fail(*failed);
        token_grant out;
        out.access_token = secret("machine-" + client.id + "-" + std::to_string(grants));
        if (tells_expiry) out.access_expires = asked + access_life;
        co_return out;
    }
    boost::asio::awaitable<result<claims>> verify(secret token, expectation e) override {
        ++verified;
        auto failed = take();
        co_await gate();
        if (failed) co_return fail(*failed);
        co_return verdict(token, e);
    }
    // As if somebody else had used the session's newest refresh token: it is spent.
    void spend(const std::string& session) { (void)grant_of(session, time_.now()); }

    boost::asio::awaitable<result<provider_metadata>> metadata() override { co_return provider_metadata(); }
    std::optional<provider_metadata> known_metadata() const override { return std::nullopt; }
    boost::asio::awaitable<result<token_grant>> exchange_code(oauth_client_login, secret, std::string,
                                                              secret) override {
        co_return token_grant();
    }
    boost::asio::awaitable<result<void>> revoke(oauth_client_login, secret) override {
        co_return result<void>{};
    }
    boost::asio::awaitable<result<claims>> userinfo(secret) override { co_return claims(); }
    boost::asio::awaitable<std::vector<provider_finding>> check(oauth_client_login, std::string) override {
        co_return std::vector<provider_finding>();
    }

  private:
    std::optional<failure> take() {
        if (next.empty()) return std::nullopt;
        auto out = std::move(next.front());
        next.pop_front();
        return out;
    }
    boost::asio::awaitable<void> gate() {
        if (held)
            (void)co_await suspend_until_resumed<bool>(
                [this](resumer<bool> r) { waiting_.push_back(std::move(r)); });
    }
    token_grant grant_of(const std::string& session, time_point asked) {
        const auto number = session + "-" + std::to_string(++given_);
        token_grant out;
        out.access_token = secret("access-" + number);
        out.refresh_token = secret("refresh-" + number);
        out.id_token = secret("identity-" + number);
        newest_[session] = "refresh-" + number;
        if (tells_expiry) out.access_expires = asked + access_life;
        out.scopes.emplace_back("openid");
        out.scopes.emplace_back("profile");
        out.rest = R"({"token_type":"Bearer"})";
        return out;
    }

    clock& time_;
    int given_ = 0;
    std::map<std::string, std::string> newest_;
    std::vector<resumer<bool>> waiting_;
};

} // namespace berth::auth
