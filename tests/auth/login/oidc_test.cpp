// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/oidc.hpp"

#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"
#include "tests/daemon/runtime/run_coro.hpp"
#include "tests/auth/login/fake_provider.hpp"

#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::auth {
namespace {

using nlohmann::json;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string query_value(const std::string& url, const std::string& name) {
    const auto at = url.find_first_of("?&", 0);
    for (auto from = at; from != url.npos; from = url.find('&', from + 1))
        if (url.compare(from + 1, name.size() + 1, name + "=") == 0) {
            const auto value = from + name.size() + 2;
            return percent_decode(url.substr(value, url.find('&', value) - value));
        }
    return {};
}

struct OidcSignIn : testing::Test {
    boost::asio::io_context io;
    capturing_logger log;
    manual_clock time;
    fake_provider provider{time};
    oidc_settings settings{.client = {"hub", secret("hub-secret")},
                           .redirect_uri = "https://h/hub/oauth_callback",
                           .admin_claim = {},
                           .key = secret("a key that nobody else has")};
    std::unique_ptr<oidc_sign_in> flow;

    // What one browser and one callback hold; a test spoils some of it.
    struct attempt {
        oidc_departure departure;
        oidc_callback said;
        json payload, head = json::object();
        std::optional<std::string> id_token; // instead of a signed payload
    };

    void SetUp() override { make(); }
    void make() { flow = make_oidc_sign_in(provider, time, log, settings); }

    long now() const { return std::chrono::duration_cast<seconds>(time.now().time_since_epoch()).count(); }

    attempt begin(const std::string& next = "/hub/spawn/alice", bool again = false) {
        auto departure = run_coro(io, flow->begin(next, again));
        EXPECT_TRUE(departure) << departure.error().message;
        attempt a{.departure = *departure, .said = {}, .payload = {}, .id_token = {}};
        a.said.state = query_value(departure->url, "state");
        a.said.code = "code";
        a.said.issuer = "https://idp";
        a.payload = {{"iss", "https://idp"},
                     {"aud", "hub"},
                     {"azp", "hub"},
                     {"sub", "42"},
                     {"sid", "s1"},
                     {"iat", now()},
                     {"exp", now() + 60},
                     {"nonce", query_value(departure->url, "nonce")},
                     {"preferred_username", "Alice"},
                     {"groups", {"hpc", "admins"}}};
        return a;
    }
    result<oidc_arrival> finish(const attempt& a) {
        provider.id_token = a.id_token.value_or(fake_provider::key().sign(a.payload, a.head));
        return run_coro(io, flow->finish(a.said, a.departure.cookie_value));
    }
};

TEST_F(OidcSignIn, AskesForACodeWithEverythingThatProtectsIt) {
    settings.scopes = {"profile", "groups"};
    make();
    const auto a = begin();
    const auto& url = a.departure.url;
    EXPECT_THAT(url, StartsWith("https://idp/auth?response_type=code&client_id=hub&"));
    EXPECT_EQ(query_value(url, "redirect_uri"), "https://h/hub/oauth_callback");
    EXPECT_EQ(query_value(url, "scope"), "openid profile groups");
    EXPECT_EQ(query_value(url, "code_challenge_method"), "S256");
    EXPECT_GE(query_value(url, "state").size(), 43u);
    EXPECT_GE(query_value(url, "nonce").size(), 43u);
    EXPECT_THAT(url, Not(HasSubstr("prompt")));
    EXPECT_THAT(begin("", true).departure.url, HasSubstr("&prompt=login"));
    ASSERT_TRUE(finish(a));
    EXPECT_EQ(base64url_encode(sha256(provider.verifier)), query_value(url, "code_challenge"));
    EXPECT_EQ(provider.redirect_uri, "https://h/hub/oauth_callback");
    // Nothing of it can be read from the cookie.
    EXPECT_THAT(
        std::string(*base64url_decode(a.departure.cookie_value.reveal())),
        AllOf(Not(HasSubstr(a.said.state)), Not(HasSubstr("spawn")), Not(HasSubstr(provider.verifier))));
}

TEST_F(OidcSignIn, WithoutPkceNothingOfItIsSent) {
    settings.pkce = false;
    make();
    const auto a = begin();
    EXPECT_THAT(a.departure.url, Not(HasSubstr("code_challenge")));
    ASSERT_TRUE(finish(a));
    EXPECT_EQ(provider.verifier, "");
}

TEST_F(OidcSignIn, SaysWhoItIs) {
    settings.admin_claim = "is_admin";
    settings.roles_claim = "realm_access.roles";
    make();
    auto a = begin();
    a.payload["is_admin"] = true;
    a.payload["realm_access"] = {{"roles", {"front-desk", "staff"}}};
    const auto arrived = finish(a);
    ASSERT_TRUE(arrived) << arrived.error().message;
    EXPECT_EQ(arrived->who.name, "alice");
    EXPECT_THAT(arrived->who.groups, testing::ElementsAre("hpc", "admins"));
    EXPECT_TRUE(arrived->admin);
    EXPECT_THAT(arrived->roles, testing::ElementsAre("front-desk", "staff"));
    EXPECT_EQ(arrived->next, "/hub/spawn/alice");
    EXPECT_EQ(arrived->subject, "42");
    EXPECT_EQ(arrived->provider_session, "s1");
    EXPECT_EQ(arrived->tokens.access_token.reveal(), "AT");
    EXPECT_EQ(provider.userinfos, 0);
}

TEST_F(OidcSignIn, RefusesWhatIsForged) {
    const auto stranger = signing_key::rsa("key");
    const auto hmac = [&](const json& payload) {
        const auto text = unsigned_token({{"alg", "HS256"}, {"kid", "key"}}, payload);
        return text + "." + base64url_encode(hmac_sha256(fake_provider::key().public_pem(), text));
    };
    struct row {
        const char* what;
        std::function<void(attempt&)> spoil;
        errc code;
        int exchanges = 1;
    };
    const std::vector<row> rows{
        {"forged state", [](attempt& a) { a.said.state = "forged"; }, errc::conflict, 0},
        {"no state", [](attempt& a) { a.said.state = ""; }, errc::conflict, 0},
        {"no cookie", [](attempt& a) { a.departure.cookie_value = secret(); }, errc::conflict, 0},
        {"a made-up cookie", [](attempt& a) { a.departure.cookie_value = secret(std::string(200, 'A')); },
         errc::conflict, 0},
        {"a huge cookie", [](attempt& a) { a.departure.cookie_value = secret(std::string(20000, 'A')); },
         errc::conflict, 0},
        {"another browser's cookie",
         [&](attempt& a) { a.departure.cookie_value = begin().departure.cookie_value; }, errc::conflict, 0},
        {"no code", [](attempt& a) { a.said.code = ""; }, errc::conflict, 0},
        {"wrong iss in the callback", [](attempt& a) { a.said.issuer = "https://evil"; },
         errc::unauthenticated, 0},
        {"no iss in the callback", [](attempt& a) { a.said.issuer = ""; }, errc::unauthenticated, 0},
        {"wrong nonce", [](attempt& a) { a.payload["nonce"] = "x"; }, errc::unauthenticated},
        {"no nonce", [](attempt& a) { a.payload.erase("nonce"); }, errc::unauthenticated},
        {"wrong iss", [](attempt& a) { a.payload["iss"] = "https://evil"; }, errc::unauthenticated},
        {"foreign aud", [](attempt& a) { a.payload["aud"] = "other"; }, errc::unauthenticated},
        {"foreign azp", [](attempt& a) { a.payload["azp"] = "other"; }, errc::unauthenticated},
        {"several aud without azp",
         [](attempt& a) {
             a.payload["aud"] = {"hub", "other"};
             a.payload.erase("azp");
         },
         errc::unauthenticated},
        {"expired", [](attempt& a) { a.payload["exp"] = a.payload["iat"].get<long>() - 60; },
         errc::unauthenticated},
        {"no exp", [](attempt& a) { a.payload.erase("exp"); }, errc::unauthenticated},
        {"no iat", [](attempt& a) { a.payload.erase("iat"); }, errc::unauthenticated},
        {"no sub", [](attempt& a) { a.payload.erase("sub"); }, errc::unauthenticated},
        {"alg none", [](attempt& a) { a.id_token = unsigned_token({{"alg", "none"}}, a.payload) + "."; },
         errc::unauthenticated},
        {"HS256 with the public key", [&](attempt& a) { a.id_token = hmac(a.payload); },
         errc::unauthenticated},
        {"another key", [&](attempt& a) { a.id_token = stranger.sign(a.payload); }, errc::unauthenticated},
        {"no id_token", [](attempt& a) { a.id_token = ""; }, errc::internal},
        {"no name", [](attempt& a) { a.payload["preferred_username"] = ""; }, errc::denied},
        {"a name that is none", [](attempt& a) { a.payload["preferred_username"] = "a/b"; }, errc::denied},
    };
    for (const auto& [what, spoil, code, exchanges] : rows) {
        auto a = begin();
        spoil(a);
        provider.exchanges = 0;
        const auto arrived = finish(a);
        ASSERT_FALSE(arrived) << what;
        EXPECT_EQ(to_string(arrived.error().code), to_string(code))
            << what << ": " << arrived.error().message;
        EXPECT_EQ(provider.exchanges, exchanges) << what;
    }
    for (const auto& record : log.records)
        for (const auto& [key, value] : record.fields)
            EXPECT_THAT(value, Not(HasSubstr("eyJ"))) << record.event;
    EXPECT_GT(log.count("sign_in.refused"), 10u);
}

TEST_F(OidcSignIn, AStateIsGoodOnceAndNobodyIsAskedTwice) {
    const auto a = begin();
    ASSERT_TRUE(finish(a));
    EXPECT_EQ(finish(a).error().code, errc::conflict);
    EXPECT_EQ(provider.exchanges, 1);
    EXPECT_EQ(flow->next_of(a.departure.cookie_value), "/hub/spawn/alice");
}

TEST_F(OidcSignIn, AStateIsUsedUpByAnErrorToo) {
    auto a = begin();
    a.said.error = "access_denied";
    EXPECT_EQ(finish(a).error().code, errc::denied);
    a.said.error = "";
    EXPECT_EQ(finish(a).error().code, errc::conflict);
    EXPECT_EQ(provider.exchanges, 0);
}

TEST_F(OidcSignIn, TwoTabsAtOnceBothEndSignedIn) {
    const auto first = begin("/one"), second = begin("/two");
    EXPECT_NE(first.departure.cookie_name, second.departure.cookie_name);
    EXPECT_EQ(flow->cookie_name(second.said.state), second.departure.cookie_name);
    EXPECT_EQ(finish(second)->next, "/two");
    EXPECT_EQ(finish(first)->next, "/one");
}

TEST_F(OidcSignIn, ARestartOfTheHubDisturbsNobody) {
    const auto a = begin();
    make();
    EXPECT_TRUE(finish(a));
    settings.key = secret("another");
    const auto b = begin();
    make();
    EXPECT_EQ(finish(b).error().code, errc::conflict);
    EXPECT_EQ(flow->next_of(b.departure.cookie_value), "");
}

TEST_F(OidcSignIn, TakesAsLongAsItMayAndNoLonger) {
    auto a = begin();
    time.advance(minutes(10));
    a.payload["iat"] = now();
    a.payload["exp"] = now() + 60;
    EXPECT_TRUE(finish(a));
    auto b = begin();
    time.advance(minutes(10) + seconds(1));
    EXPECT_EQ(finish(b).error().code, errc::conflict);
    EXPECT_EQ(provider.exchanges, 1);
}

TEST_F(OidcSignIn, LongPlacesToGoAreForgotten) {
    EXPECT_EQ(flow->next_of(begin(std::string(2000, 'x')).departure.cookie_value).size(), 2000u);
    EXPECT_LT(begin(std::string(2000, 'x')).departure.cookie_value.reveal().size(), 3600u)
        << "browsers keep 4096";
    EXPECT_EQ(flow->next_of(begin(std::string(2001, 'x')).departure.cookie_value), "");
    EXPECT_EQ(flow->next_of(begin("/a\nb").departure.cookie_value), "/a\nb");
}

TEST_F(OidcSignIn, ErrorsFromTheProviderAreToldApart) {
    struct row {
        const char *error, *description;
        errc code;
    };
    for (const auto& [error, description, code] : std::vector<row>{
             {"temporarily_unavailable", "authentication_expired", errc::conflict}, // Keycloak's stale form
             {"login_required", "", errc::conflict},
             {"interaction_required", "", errc::conflict},
             {"access_denied", "User denied", errc::denied},
             {"temporarily_unavailable", "", errc::unavailable},
             {"server_error", "", errc::unavailable},
             {"invalid_scope", "Invalid scopes: x", errc::internal},
             {"unauthorized_client", "", errc::internal},
             {"<script>", "\n\x01", errc::internal},
         }) {
        auto a = begin();
        a.said.error = error;
        a.said.error_description = description;
        EXPECT_EQ(finish(a).error().code, code) << error;
    }
    EXPECT_EQ(log.count("sign_in.misconfigured"), 3u);
    EXPECT_EQ(provider.exchanges, 0);
    // Also an error must come from the right one.
    auto a = begin();
    a.said.error = "access_denied";
    a.said.issuer = "https://evil";
    EXPECT_EQ(finish(a).error().code, errc::unauthenticated);
}

TEST_F(OidcSignIn, FailuresOfTheExchangeAreToldApart) {
    for (const auto& [came, code] : std::vector<std::pair<errc, errc>>{
             {errc::unauthenticated, errc::conflict},
             {errc::denied, errc::internal},
             {errc::unavailable, errc::unavailable},
             {errc::outcome_unknown, errc::unavailable},
         }) {
        provider.grant = fail(came, "the provider's words");
        const auto arrived = finish(begin());
        EXPECT_EQ(arrived.error().code, code) << to_string(came);
        ASSERT_FALSE(log.records.empty());
        EXPECT_THAT(log.records.back().fields.back().second, HasSubstr("the provider's words"));
        log.records.clear();
    }
    provider.grant = {};
    provider.no_keys = failure{errc::unavailable, "keys"};
    auto a = begin();
    a.id_token = "x.y.z";
    EXPECT_EQ(finish(a).error().code, errc::unavailable);
}

TEST_F(OidcSignIn, WithoutAProviderThereIsNoBeginning) {
    provider.away = failure{errc::unavailable, "down"};
    EXPECT_EQ(run_coro(io, flow->begin("/", false)).error().code, errc::unavailable);
    EXPECT_EQ(flow->logout_url(secret("IT"), "https://h/"), std::nullopt);
    provider.away = failure{errc::denied, "no discovery"};
    EXPECT_EQ(run_coro(io, flow->begin("/", false)).error().code, errc::internal);
}

TEST_F(OidcSignIn, IssuersThatAreNotSaidNeedNotBe) {
    provider.where.says_issuer_in_callback = false;
    auto a = begin();
    a.said.issuer = "";
    EXPECT_TRUE(finish(a));
    auto b = begin();
    b.said.issuer = "https://evil";
    EXPECT_EQ(finish(b).error().code, errc::unauthenticated);
}

TEST_F(OidcSignIn, UserinfoCompletesWhatTheTokenLacks) {
    const auto without = [&](const char* claim) {
        auto a = begin();
        a.payload.erase(claim);
        return finish(a);
    };
    provider.about = claims(R"({"sub":"42","preferred_username":"bob","groups":["more"]})");
    EXPECT_EQ(without("preferred_username")->who.name, "bob");
    EXPECT_THAT(without("groups")->who.groups, testing::ElementsAre("more"));
    EXPECT_EQ(without("groups")->who.name, "alice") << "the signed token wins";
    // About somebody else.
    provider.about = claims(R"({"sub":"43","preferred_username":"bob"})");
    EXPECT_EQ(without("preferred_username").error().code, errc::unauthenticated);
    // Refused: what is known has to do. Away: somebody would lose their groups.
    provider.about = fail(errc::unauthenticated, "401");
    EXPECT_EQ(without("preferred_username").error().code, errc::denied);
    EXPECT_TRUE(without("groups"));
    provider.about = fail(errc::unavailable, "503");
    EXPECT_EQ(without("groups").error().code, errc::unavailable);
    provider.about = fail(errc::not_found, "none");
    EXPECT_TRUE(without("groups"));
}

TEST_F(OidcSignIn, SendsTheBrowserToSignOutAtTheProvider) {
    EXPECT_EQ(
        flow->logout_url(secret("a.b.c"), "https://h/hub/login"),
        "https://idp/logout?x=1&id_token_hint=a.b.c&client_id=hub&post_logout_redirect_uri=https%3A%2F%2Fh%2F"
        "hub%2Flogin");
    EXPECT_EQ(flow->logout_url(secret(), ""), "https://idp/logout?x=1&client_id=hub");
    provider.where.end_session_url = "";
    EXPECT_EQ(flow->logout_url(secret("a.b.c"), ""), std::nullopt);
}

struct LogoutToken : OidcSignIn {
    json good() const {
        return {{"iss", "https://idp"},
                {"aud", "hub"},
                {"iat", now()},
                {"jti", "j" + std::to_string(made++)},
                {"sub", "42"},
                {"sid", "s1"},
                {"events", {{"http://schemas.openid.net/event/backchannel-logout", json::object()}}}};
    }
    mutable int made = 0;
    result<oidc_sign_in::ended_sessions> read(const json& payload,
                                              const json& head = {{"typ", "logout+jwt"}}) {
        return run_coro(io, flow->read_logout_token(secret(fake_provider::key().sign(payload, head))));
    }
};

TEST_F(LogoutToken, SaysWhoseSessionsEnd) {
    const auto ended = read(good());
    ASSERT_TRUE(ended) << ended.error().message;
    EXPECT_EQ(ended->subject, "42");
    EXPECT_EQ(ended->provider_session, "s1");
    auto all = good();
    all.erase("sid");
    EXPECT_EQ(read(all)->provider_session, "");
    auto one = good();
    one.erase("sub");
    EXPECT_TRUE(read(one, {{"typ", nullptr}}));
    auto expiring = good();
    expiring["exp"] = now() + 100;
    EXPECT_TRUE(read(expiring, {{"typ", "JWT"}}));
}

TEST_F(LogoutToken, IsRefusedWhenAnythingIsWrong) {
    struct row {
        const char* what;
        std::function<void(json&)> spoil;
        json head = {{"typ", "logout+jwt"}};
    };
    const std::vector<row> rows{
        {"nonce", [](json& t) { t["nonce"] = "n"; }},
        {"no events", [](json& t) { t.erase("events"); }},
        {"another event", [](json& t) { t["events"] = {{"http://x", json::object()}}; }},
        {"no jti", [](json& t) { t.erase("jti"); }},
        {"no iat", [](json& t) { t.erase("iat"); }},
        {"old", [](json& t) { t["iat"] = t["iat"].get<long>() - 121; }},
        {"expired", [](json& t) { t["exp"] = t["iat"].get<long>() - 60; }},
        {"nobody's",
         [](json& t) {
             t.erase("sub");
             t.erase("sid");
         }},
        {"for somebody else", [](json& t) { t["aud"] = "other"; }},
        {"from somebody else", [](json& t) { t["iss"] = "https://evil"; }},
        {"an access token", [](json&) {}, {{"typ", "at+jwt"}}},
        {"alg", [](json&) {}, {{"alg", "HS256"}}},
    };
    for (const auto& [what, spoil, head] : rows) {
        auto payload = good();
        spoil(payload);
        const auto ended = read(payload, head);
        ASSERT_FALSE(ended) << what;
        EXPECT_EQ(ended.error().code, errc::invalid_argument) << what;
        EXPECT_THAT(ended.error().message, StartsWith("invalid_request: ")) << what;
    }
    EXPECT_EQ(run_coro(io, flow->read_logout_token(secret("nonsense"))).error().code, errc::invalid_argument);
}

TEST_F(LogoutToken, IsGoodOnce) {
    const auto token = good();
    EXPECT_TRUE(read(token));
    EXPECT_EQ(read(token).error().code, errc::invalid_argument);
    // Refused ones do not use up an id.
    auto other = good(), spoiled = other;
    spoiled["nonce"] = "n";
    EXPECT_FALSE(read(spoiled));
    EXPECT_TRUE(read(other));
}

TEST_F(LogoutToken, WithoutKeysTheProviderMayTryAgain) {
    provider.no_keys = failure{errc::unavailable, "keys"};
    const auto stranger = signing_key::elliptic("stranger").sign(good(), {{"typ", "logout+jwt"}});
    EXPECT_EQ(run_coro(io, flow->read_logout_token(secret(stranger))).error().code, errc::unavailable);
}

} // namespace
} // namespace berth::auth
