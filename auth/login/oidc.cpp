// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/oidc.hpp"

#include "auth/login/oidc_words.hpp"
#include "auth/login/sealed_flow.hpp"
#include "auth/login/used_once.hpp"
#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"

#include <algorithm>

namespace berth::auth {
namespace {

namespace asio = boost::asio;

constexpr std::size_t longest_next = 2000, longest_code = 4096;
constexpr std::size_t random_part = 32; // bytes of state, nonce and verifier
constexpr duration logout_memory = std::chrono::minutes(3);

std::string joined(const std::vector<std::string>& scopes) {
    std::string out;
    for (const auto& scope : scopes) out += (out.empty() ? "" : " ") + scope;
    return out;
}

// Adds name=value to an address that may have a query of its own.
void add(std::string& url, std::string_view name, std::string_view value) {
    url += (url.contains('?') ? "&" : "?") + percent_encode(name) + "=" + percent_encode(value);
}

class code_flow final : public oidc_sign_in {
  public:
    code_flow(identity_provider& provider, clock& time, logger& log, oidc_settings s)
        : provider_(provider)
        , time_(time)
        , log_(log)
        , settings_(std::move(s))
        , sealer_(settings_.key)
        , used_states_(settings_.flow_lifetime)
        , seen_logouts_(logout_memory) {
        if (std::ranges::find(settings_.scopes, "openid") == settings_.scopes.end())
            settings_.scopes.insert(settings_.scopes.begin(), "openid");
    }

    asio::awaitable<result<oidc_departure>> begin(std::string next, bool again) override {
        const auto provider = co_await provider_.metadata();
        if (!provider) co_return fail(without_provider(provider.error()));
        sign_in_flow flow{.began = time_.now(),
                          .state = base64url_encode(random_bytes(random_part)),
                          .nonce = base64url_encode(random_bytes(random_part)),
                          .next = next.size() > longest_next ? "" : std::move(next),
                          .verifier = {}};
        if (settings_.pkce) flow.verifier = secret(base64url_encode(random_bytes(random_part)));
        co_return oidc_departure{authorization(*provider, flow, again), cookie_name(flow.state),
                                 sealer_.seal(flow)};
    }

    std::string cookie_name(std::string_view state) const override {
        return "berth-sign-in-" + sha256_hex(state).substr(0, 12);
    }

    std::string next_of(secret cookie_value) const override {
        const auto flow = sealer_.open(cookie_value);
        return flow ? flow->next : std::string();
    }

    asio::awaitable<result<oidc_arrival>> finish(oidc_callback said, secret cookie_value) override {
        auto flow = claim_flow(said, cookie_value);
        if (!flow) co_return fail(flow.error());
        const auto provider = co_await provider_.metadata();
        if (!provider) co_return fail(without_provider(provider.error()));
        if (auto wrong = wrong_issuer(said, *provider)) co_return fail(refuse(*wrong));
        if (!said.error.empty()) co_return fail(tell(read_callback_error(said)));
        if (said.code.empty() || said.code.size() > longest_code)
            co_return fail(errc::conflict, "The identity provider sent no code. Please sign in again.");

        auto tokens = co_await provider_.exchange_code(settings_.client, secret(said.code),
                                                       settings_.redirect_uri, flow->verifier);
        if (!tokens) co_return fail(tell(read_exchange_failure(tokens.error())));
        auto about = co_await read_identity(*tokens, flow->nonce);
        if (!about) co_return fail(about.error());
        auto arrival = read_arrival(settings_, *about);
        if (!arrival) co_return fail(arrival.error());
        arrival->next = flow->next;
        arrival->tokens = std::move(*tokens);
        co_return std::move(*arrival);
    }

    std::optional<std::string> logout_url(const secret& id_token, std::string_view return_to) const override {
        const auto provider = provider_.known_metadata();
        if (!provider || provider->end_session_url.empty()) return std::nullopt;
        auto url = provider->end_session_url;
        if (!id_token.empty()) add(url, "id_token_hint", id_token.reveal());
        add(url, "client_id", settings_.client.id);
        if (!return_to.empty()) add(url, "post_logout_redirect_uri", return_to);
        return url;
    }

    asio::awaitable<result<ended_sessions>> read_logout_token(secret token) override {
        // A token made for something else is none of these.
        const auto head = read_token_head(token.reveal());
        const auto type = head ? to_lower_ascii(head->type) : std::string();
        if (!head || (!type.empty() && type != "logout+jwt" && type != "jwt"))
            co_return fail(errc::invalid_argument, "invalid_request: this is no logout token");
        expectation e;
        e.audience = settings_.client.id;
        e.must_expire = false; // iat is looked at instead
        const auto c = co_await provider_.verify(std::move(token), std::move(e));
        if (!c && c.error().code == errc::unavailable) co_return fail(c.error());
        if (!c) co_return fail(errc::invalid_argument, "invalid_request: " + c.error().message);
        auto ended = read_logout_claims(*c, time_.now());
        if (ended && !seen_logouts_.use(sha256(c->text("jti")), time_.now()))
            co_return fail(errc::invalid_argument, "invalid_request: this logout token was used before");
        co_return ended;
    }

  private:
    std::string authorization(const provider_metadata& provider, const sign_in_flow& flow, bool again) const {
        auto url = provider.authorize_url;
        add(url, "response_type", "code");
        add(url, "client_id", settings_.client.id);
        add(url, "redirect_uri", settings_.redirect_uri);
        add(url, "scope", joined(settings_.scopes));
        add(url, "state", flow.state);
        add(url, "nonce", flow.nonce);
        if (settings_.pkce) {
            add(url, "code_challenge", base64url_encode(sha256(flow.verifier.reveal())));
            add(url, "code_challenge_method", "S256");
        }
        if (again) add(url, "prompt", "login");
        return url;
    }

    // The flow of this callback and this browser; used up from here on, before anybody is asked: a code sent
    // twice would end the session at the provider.
    result<sign_in_flow> claim_flow(const oidc_callback& said, const secret& cookie_value) {
        const auto begin_again = [](std::string why) {
            return fail(errc::conflict, std::move(why) + " Please sign in again.");
        };
        auto flow = sealer_.open(cookie_value);
        if (!flow || said.state.empty() || !equal_constant_time(flow->state, said.state))
            return begin_again("This sign-in was not begun in this browser, or its cookie is gone.");
        const auto age = time_.now() - flow->began;
        if (age > settings_.flow_lifetime || age < -settings_.flow_lifetime)
            return begin_again("This sign-in took too long.");
        if (!used_states_.use(sha256(flow->state), time_.now()))
            return begin_again("This sign-in has been used already.");
        return std::move(*flow);
    }

    // The id_token's claims, completed by userinfo where something is missing.
    asio::awaitable<result<claims>> read_identity(const token_grant& tokens, std::string nonce) {
        if (tokens.id_token.empty())
            co_return fail(
                tell({{errc::internal, "Sign-in is not set up correctly here. Please tell the "
                                       "administrators."},
                      "the identity provider sent no id_token: does the client have the scope openid?"}));
        expectation e;
        e.audience = settings_.client.id;
        e.nonce = std::move(nonce);
        auto about = co_await provider_.verify(tokens.id_token, std::move(e));
        if (!about && about.error().code == errc::unavailable)
            co_return fail(without_provider(about.error()));
        if (!about) co_return fail(refuse(about.error()));
        if (auto wrong = wrong_party(settings_, *about)) co_return fail(refuse(*wrong));
        if (is_complete(settings_, *about)) co_return about;
        co_return co_await complete(std::move(*about), tokens.access_token);
    }

    asio::awaitable<result<claims>> complete(claims about, secret access_token) {
        const auto more = co_await provider_.userinfo(std::move(access_token));
        // Without it somebody might be taken for a stranger to their groups.
        if (!more && more.error().code == errc::unavailable) co_return fail(without_provider(more.error()));
        if (!more) {
            if (more.error().code != errc::not_found)
                log_.warning("sign_in.no_userinfo", {{"reason", more.error()}});
            co_return about;
        }
        // OpenID Connect Core 5.3.2.
        if (more->text("sub") != about.text("sub"))
            co_return fail(refuse({errc::unauthenticated, "userinfo is about somebody else (sub)"}));
        co_return about.completed_by(*more);
    }

    failure without_provider(const failure& f) { return tell(read_exchange_failure(f)); }

    // A token or callback that nobody honest sends.
    failure refuse(const failure& f) {
        log_.warning("sign_in.refused", {{"reason", f}});
        return {errc::unauthenticated, "The identity provider's answer was not accepted: " + f.message};
    }

    failure tell(const refusal& r) {
        if (r.shown.code == errc::internal)
            log_.error("sign_in.misconfigured", {{"reason", r.for_the_log}});
        else if (!r.for_the_log.empty())
            log_.warning("sign_in.failed", {{"reason", r.for_the_log}});
        return r.shown;
    }

    identity_provider& provider_;
    clock& time_;
    logger& log_;
    oidc_settings settings_;
    flow_sealer sealer_;
    used_once used_states_, seen_logouts_;
};

} // namespace

std::unique_ptr<oidc_sign_in> make_oidc_sign_in(identity_provider& provider, clock& time, logger& log,
                                                oidc_settings s) {
    return std::make_unique<code_flow>(provider, time, log, std::move(s));
}

} // namespace berth::auth
