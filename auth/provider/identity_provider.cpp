// SPDX-License-Identifier: BSD-3-Clause
#include "auth/provider/identity_provider.hpp"

#include "auth/provider/answers.hpp"
#include "auth/provider/check.hpp"
#include "auth/provider/discovery.hpp"
#include "auth/provider/kept_answer.hpp"
#include "auth/provider/requests.hpp"

#include <fmt/format.h>

namespace berth::auth {
namespace {

namespace asio = boost::asio;

constexpr duration keys_again = std::chrono::seconds(30);

std::string joined(const std::vector<std::string>& scopes) {
    return fmt::format("{}", fmt::join(scopes, " "));
}

class openid_provider final : public identity_provider {
  public:
    openid_provider(http_client& http, clock& time, logger& log, provider_settings s)
        : http_(http)
        , time_(time)
        , log_(log)
        , settings_(std::move(s))
        , discovery_(time, [this] { return discover(); })
        , keys_(time, [this] { return fetch_keys(); }) {}

    asio::awaitable<result<provider_metadata>> metadata() override {
        auto found = co_await addresses();
        if (!found) co_return fail(found.error());
        co_return found->addresses;
    }

    std::optional<provider_metadata> known_metadata() const override {
        if (is_complete(settings_)) return given_by_hand(settings_).addresses;
        if (const auto& found = discovery_.known()) return found->addresses;
        return std::nullopt;
    }

    asio::awaitable<result<token_grant>> exchange_code(oauth_client_login client, secret code,
                                                       std::string redirect_uri, secret verifier) override {
        auto form = encode_form(
            {{"grant_type", "authorization_code"}, {"code", code.reveal()}, {"redirect_uri", redirect_uri}});
        if (!verifier.empty()) form += "&" + encode_form({{"code_verifier", verifier.reveal()}});
        return ask_for_tokens(std::move(client), std::move(form), {});
    }

    asio::awaitable<result<token_grant>> refresh(oauth_client_login client, secret refresh_token) override {
        auto form = encode_form({{"grant_type", "refresh_token"}, {"refresh_token", refresh_token.reveal()}});
        return ask_for_tokens(std::move(client), std::move(form), {});
    }

    asio::awaitable<result<token_grant>> client_credentials(oauth_client_login client,
                                                            std::vector<std::string> scopes,
                                                            std::string token_url) override {
        auto form = encode_form({{"grant_type", "client_credentials"}});
        if (!scopes.empty()) form += "&" + encode_form({{"scope", joined(scopes)}});
        return ask_for_tokens(std::move(client), std::move(form), std::move(token_url));
    }

    asio::awaitable<result<void>> revoke(oauth_client_login client, secret token) override {
        auto found = co_await addresses();
        if (!found) co_return fail(found.error());
        const auto url = found->addresses.revocation_url;
        if (url.empty())
            co_return fail(errc::not_found, "the identity provider has no address for revocation");
        auto form = encode_form({{"token", token.reveal()}});
        auto call = make_post(settings_, url, client, found->secret_in_body, std::move(form));
        auto came = co_await http_.fetch(std::move(call));
        co_return read_revocation_answer(came);
    }

    asio::awaitable<result<claims>> userinfo(secret access_token) override {
        auto found = co_await addresses();
        if (!found) co_return fail(found.error());
        if (found->addresses.userinfo_url.empty())
            co_return fail(errc::not_found, "the identity provider has no address for userinfo");
        auto call = make_get(settings_, found->addresses.userinfo_url);
        call.headers.emplace_back("Authorization", "Bearer " + std::string(access_token.reveal()));
        auto came = without_doubt(co_await http_.fetch(std::move(call)));
        co_return read_userinfo_answer(came);
    }

    asio::awaitable<result<claims>> verify(secret token, expectation e) override {
        // What no key could make good asks for none.
        if (auto hopeless = key_set().open(token.reveal()); hopeless.error().code != errc::not_found)
            co_return fail(hopeless.error());
        if (e.issuer.empty()) {
            auto found = co_await addresses();
            if (!found) co_return fail(found.error());
            e.issuer = found->addresses.issuer;
        }
        auto opened = co_await open(token);
        if (!opened) co_return fail(opened.error());
        if (auto good = check_claims(*opened, e, time_.now()); !good) co_return fail(good.error());
        co_return *opened;
    }

    asio::awaitable<std::vector<provider_finding>> check(oauth_client_login client,
                                                         std::string redirect_uri) override {
        return check_provider(*this, http_, time_, settings_, std::move(client), std::move(redirect_uri));
    }

  private:
    asio::awaitable<result<discovered>> addresses() {
        if (is_complete(settings_)) co_return given_by_hand(settings_);
        co_return co_await discovery_.get();
    }

    asio::awaitable<result<discovered>> discover() {
        auto call = make_get(settings_, discovery_url(settings_));
        auto came = without_doubt(co_await http_.fetch(std::move(call)));
        auto found = came ? read_discovery(settings_, *came) : fail(came.error());
        if (found)
            log_.info("provider.discovered", {{"issuer", found->addresses.issuer}});
        else
            tell_failure("discovery", found.error());
        co_return found;
    }

    asio::awaitable<result<key_set>> fetch_keys() {
        auto found = co_await addresses();
        if (!found) co_return fail(found.error());
        auto call = make_get(settings_, found->addresses.jwks_url);
        auto came = without_doubt(co_await http_.fetch(std::move(call)));
        auto keys = read_keys(came);
        if (keys)
            log_.info("provider.keys", {{"usable", keys->size()}});
        else
            tell_failure("keys", keys.error());
        co_return keys;
    }

    void tell_failure(std::string_view what, const failure& f) {
        if (f.code != errc::cancelled) log_.warning("provider.unavailable", {{"what", what}, {"reason", f}});
    }

    static result<key_set> read_keys(const result<http_answer>& came) {
        if (!came) return fail(came.error());
        if (came->status != 200)
            return fail(errc::unavailable,
                        fmt::format("the identity provider's keys: it answered {}", came->status));
        auto keys = key_set::parse(came->body);
        if (!keys) return fail(errc::unavailable, keys.error().message);
        return keys;
    }

    // With the keys at hand, or with newer ones when the token's is not among them.
    asio::awaitable<result<claims>> open(secret token) {
        auto keys = co_await keys_.get();
        if (!keys) co_return fail(unavailable(keys.error()));
        auto opened = keys->open(token.reveal());
        if (opened || opened.error().code != errc::not_found) co_return opened;
        keys = co_await keys_.get_newer(keys_again);
        if (!keys) co_return fail(unavailable(keys.error()));
        opened = keys->open(token.reveal());
        if (!opened) co_return fail(errc::unauthenticated, opened.error().message);
        co_return opened;
    }
    static failure unavailable(failure f) {
        return {f.code == errc::cancelled ? f.code : errc::unavailable, std::move(f.message)};
    }

    asio::awaitable<result<token_grant>> ask_for_tokens(oauth_client_login client, std::string form,
                                                        std::string elsewhere) {
        // An address of one's own needs no discovery, and is told nothing of it.
        discovered found;
        if (elsewhere.empty()) {
            auto known = co_await addresses();
            if (!known) co_return fail(known.error());
            found = *known;
            elsewhere = found.addresses.token_url;
        }
        auto call = make_post(settings_, std::move(elsewhere), client, found.secret_in_body, std::move(form));
        const auto asked = time_.now();
        auto came = co_await http_.fetch(std::move(call));
        co_return read_token_answer(came, asked);
    }

    http_client& http_;
    clock& time_;
    logger& log_;
    provider_settings settings_;
    kept_answer<discovered> discovery_;
    kept_answer<key_set> keys_;
};

} // namespace

std::unique_ptr<identity_provider> make_identity_provider(http_client& http, clock& time, logger& log,
                                                          provider_settings s) {
    return std::make_unique<openid_provider>(http, time, log, std::move(s));
}

} // namespace berth::auth
