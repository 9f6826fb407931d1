// SPDX-License-Identifier: BSD-3-Clause
#include "auth/provider/identity_provider.hpp"

#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"
#include "tests/auth/provider/signing.hpp"
#include "tests/daemon/runtime/run_coro.hpp"
#include "tests/daemon/runtime/tiny_server.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::auth {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using nlohmann::json;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const signing_key& first_key() {
    static const auto key = signing_key::rsa("first");
    return key;
}
const signing_key& second_key() {
    static const auto key = signing_key::elliptic("second");
    return key;
}

std::string reply(int status, const std::string& body, const std::string& head = "") {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" + head +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// A provider made of texts, and the hub's side of it.
struct Provider : testing::Test {
    asio::io_context io;
    capturing_logger log;
    manual_clock time;
    http_client http{io.get_executor(), log};
    tiny_server server;
    tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
    std::string base = "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
    json document{{"issuer", base + "/realm"},
                  {"authorization_endpoint", base + "/auth"},
                  {"token_endpoint", base + "/token"},
                  {"jwks_uri", base + "/jwks"},
                  {"userinfo_endpoint", base + "/userinfo"},
                  {"revocation_endpoint", base + "/revoke"},
                  {"authorization_response_iss_parameter_supported", true}};
    // By path; what is not here is answered as the document and the keys say.
    std::map<std::string, std::string> answers;
    std::vector<json> keys{first_key().jwk()};
    provider_settings settings{.issuer = base + "/realm", .timeout = seconds(5)};
    oauth_client_login client{"hub", secret("hub-secret")};
    std::unique_ptr<identity_provider> provider;

    void SetUp() override {
        server.answer = [this](const std::string& request) { return answer_to(path_of(request)); };
        asio::co_spawn(io, server.accept(acceptor), asio::detached);
        make();
    }
    void make() { provider = make_identity_provider(http, time, log, settings); }

    static std::string path_of(const std::string& request) {
        const auto from = request.find(' ') + 1;
        return request.substr(from, request.find_first_of(" ?", from) - from);
    }
    std::string answer_to(const std::string& path) const {
        if (const auto it = answers.find(path); it != answers.end()) return it->second;
        if (path == "/realm/.well-known/openid-configuration") return reply(200, document.dump());
        if (path == "/jwks") return reply(200, jwks(keys));
        return reply(404, "");
    }
    std::size_t asked(const std::string& path) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(server.requests, [&](const auto& r) { return path_of(r) == path; }));
    }
    template<class T>
    T run(asio::awaitable<T> task) {
        return run_coro(io, std::move(task));
    }
    result<claims> verify(const std::string& token) { return run(provider->verify(secret(token), {})); }
    std::string token(const signing_key& key, json more = json::object()) const {
        const auto now = std::chrono::duration_cast<seconds>(time.now().time_since_epoch()).count();
        json payload{{"iss", base + "/realm"}, {"sub", "alice"}, {"exp", now + 60}};
        payload.update(more);
        return key.sign(payload);
    }
    static constexpr auto discovery = "/realm/.well-known/openid-configuration";
};

TEST_F(Provider, IsDiscoveredOnceAndAfterAnHourAgain) {
    EXPECT_FALSE(provider->known_metadata());
    for (int i = 0; i < 3; ++i) {
        const auto found = run(provider->metadata());
        ASSERT_TRUE(found) << found.error().message;
        EXPECT_EQ(found->token_url, base + "/token");
        EXPECT_TRUE(found->says_issuer_in_callback);
        EXPECT_EQ(found->end_session_url, "");
    }
    EXPECT_EQ(asked(discovery), 1u);
    EXPECT_TRUE(provider->known_metadata());
    time.advance(minutes(61));
    EXPECT_TRUE(run(provider->metadata()));
    EXPECT_EQ(asked(discovery), 2u);
    EXPECT_EQ(log.count("provider.discovered"), 2u);
}

TEST_F(Provider, OneQuestionForAllWhoNeedItNow) {
    int good = 0;
    const auto one = [](identity_provider& p, int& count) -> asio::awaitable<void> {
        if (co_await p.metadata()) ++count;
    };
    for (int i = 0; i < 20; ++i) asio::co_spawn(io, one(*provider, good), asio::detached);
    EXPECT_TRUE(run(provider->metadata()));
    while (good < 20 && io.run_one_for(seconds(5)) > 0) {
    }
    EXPECT_EQ(good, 20);
    EXPECT_EQ(asked(discovery), 1u);
}

TEST_F(Provider, WhoStopsAskingLeavesTheQuestionToTheOthers) {
    answers[discovery] = "hang";
    asio::cancellation_signal stop;
    bool stopped = false;
    const auto one = [](identity_provider& p) -> asio::awaitable<void> { (void)co_await p.metadata(); };
    asio::co_spawn(
        io, one(*provider),
        asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr&) { stopped = true; }));
    while (server.requests.empty() && io.run_one_for(seconds(5)) > 0) {
    }
    answers.clear();
    asio::post(io, [&] { stop.emit(asio::cancellation_type::terminal); });
    const auto found = run(provider->metadata());
    EXPECT_TRUE(found) << found.error().message;
    EXPECT_TRUE(stopped);
}

TEST_F(Provider, AfterAFailureItIsLeftAloneForAWhile) {
    answers[discovery] = reply(503, "");
    const auto code = [&] { return run(provider->metadata()).error().code; };
    EXPECT_EQ(code(), errc::unavailable);
    EXPECT_EQ(code(), errc::unavailable);
    EXPECT_EQ(asked(discovery), 1u);
    time.advance(seconds(1));
    EXPECT_EQ(code(), errc::unavailable);
    time.advance(seconds(1)); // now it is two seconds
    EXPECT_EQ(code(), errc::unavailable);
    EXPECT_EQ(asked(discovery), 2u);
    answers.clear();
    time.advance(minutes(1));
    EXPECT_TRUE(run(provider->metadata()));
    EXPECT_EQ(log.count("provider.unavailable"), 2u);
}

TEST_F(Provider, WhatWasKnownStaysGoodWhileItIsAway) {
    const auto good = token(first_key(), {{"exp", 4'000'000'000}});
    ASSERT_TRUE(verify(good));
    answers[discovery] = answers["/jwks"] = reply(500, "");
    time.advance(minutes(61));
    EXPECT_TRUE(verify(good));
    EXPECT_TRUE(verify(good));
    EXPECT_EQ(asked("/jwks"), 2u);
}

TEST_F(Provider, DocumentsThatAreNotItsOwn) {
    struct row {
        const char* what;
        std::string answer;
        errc code;
    };
    auto other = document, incomplete = document, script = document;
    other["issuer"] = base + "/other";
    incomplete.erase("token_endpoint");
    script["jwks_uri"] = "file:///etc/passwd";
    for (const auto& [what, answer, code] : std::vector<row>{
             {"another issuer", reply(200, other.dump()), errc::denied},
             {"no token endpoint", reply(200, incomplete.dump()), errc::denied},
             {"no web address", reply(200, script.dump()), errc::denied},
             {"not there", reply(404, ""), errc::denied},
             {"a page", reply(200, "<html>"), errc::unavailable},
             {"closed", "", errc::unavailable},
         }) {
        answers[discovery] = answer;
        make();
        const auto found = run(provider->metadata());
        ASSERT_FALSE(found) << what;
        EXPECT_EQ(found.error().code, code) << what << ": " << found.error().message;
    }
}

TEST_F(Provider, AddressesByHandNeedNoDiscovery) {
    settings = {.authorize_url = base + "/a", .token_url = base + "/t", .jwks_url = base + "/jwks"};
    make();
    EXPECT_TRUE(provider->known_metadata());
    EXPECT_EQ(run(provider->metadata())->authorize_url, base + "/a");
    EXPECT_TRUE(verify(token(first_key())));
    EXPECT_EQ(asked(discovery), 0u);
    settings.token_url = "";
    settings.issuer = base + "/realm";
    make();
    EXPECT_EQ(run(provider->metadata())->authorize_url, base + "/a");
    EXPECT_EQ(run(provider->metadata())->token_url, base + "/token");
}

TEST_F(Provider, SaysWhoTheHubIsInTheHeader) {
    answers["/token"] = reply(200, R"({"access_token":"AT","expires_in":60})");
    client = {"hub:ä", secret("p+w d:&")};
    const auto grant =
        run(provider->exchange_code(client, secret("c/o=de"), "https://h/cb?x=1", secret("verifier")));
    ASSERT_TRUE(grant) << grant.error().message;
    EXPECT_EQ(grant->access_expires, time.now() + seconds(60));
    EXPECT_THAT(
        server.requests.back(),
        AllOf(StartsWith("POST /token "),
              HasSubstr("Authorization: Basic " + base64_encode("hub%3A%C3%A4:p%2Bw%20d%3A%26") + "\r\n"),
              HasSubstr("application/x-www-form-urlencoded"),
              EndsWith("\r\n\r\ngrant_type=authorization_code&code=c%2Fo%3Dde&redirect_uri=https%3A%2F%2Fh%2F"
                       "cb%3Fx%3D1&code_verifier=verifier")));
}

TEST_F(Provider, OrInTheBodyWhereNothingElseIsOffered) {
    answers["/token"] = reply(200, R"({"access_token":"AT"})");
    const auto sent_with = [&](const json& methods) {
        document["token_endpoint_auth_methods_supported"] = methods;
        make();
        EXPECT_TRUE(run(provider->refresh(client, secret("RT"))));
        return server.requests.back();
    };
    EXPECT_THAT(
        sent_with({"client_secret_post"}),
        AllOf(Not(HasSubstr("Authorization")),
              EndsWith("grant_type=refresh_token&refresh_token=RT&client_id=hub&client_secret=hub-secret")));
    for (const auto& methods :
         {json({"client_secret_post", "client_secret_basic"}), json({"private_key_jwt"}), json()})
        EXPECT_THAT(sent_with(methods),
                    AllOf(HasSubstr("Authorization: Basic"), Not(HasSubstr("client_secret"))));
}

TEST_F(Provider, ClientCredentialsElsewhereNeedNoDiscovery) {
    answers["/other"] = reply(200, R"({"access_token":"AT"})");
    EXPECT_TRUE(run(provider->client_credentials(client, {"a", "b"}, base + "/other")));
    EXPECT_THAT(server.requests.back(), EndsWith("grant_type=client_credentials&scope=a%20b"));
    EXPECT_EQ(asked(discovery), 0u);
}

TEST_F(Provider, TellsWhatWasSentFromWhatWasNot) {
    ASSERT_TRUE(run(provider->metadata()));
    const auto refresh = [&] { return run(provider->refresh(client, secret("RT"))).error().code; };
    answers["/token"] = "";
    EXPECT_EQ(refresh(), errc::outcome_unknown);
    EXPECT_EQ(asked("/token"), 1u) << "a refresh token is never sent again";
    answers["/token"] = reply(503, "");
    EXPECT_EQ(refresh(), errc::unavailable);
    settings.timeout = std::chrono::milliseconds(100);
    make();
    answers["/token"] = "hang";
    EXPECT_EQ(refresh(), errc::outcome_unknown);
    // Nobody there at all.
    tcp::acceptor gone(io, {asio::ip::address_v4::loopback(), 0});
    settings.token_url = "http://127.0.0.1:" + std::to_string(gone.local_endpoint().port()) + "/token";
    gone.close();
    make();
    EXPECT_EQ(refresh(), errc::unavailable);
}

TEST_F(Provider, NewKeysAreFetchedWhenATokenNamesOne) {
    ASSERT_TRUE(verify(token(first_key())));
    keys = {second_key().jwk(), first_key().jwk()};
    EXPECT_EQ(verify(token(second_key())).error().code, errc::unauthenticated) << "asked a moment ago";
    EXPECT_EQ(asked("/jwks"), 1u);
    time.advance(seconds(31));
    EXPECT_TRUE(verify(token(second_key())));
    EXPECT_EQ(asked("/jwks"), 2u);
    // A key that nobody has makes nobody ask but once in 30 s.
    const auto stranger = token(signing_key::elliptic("stranger"));
    time.advance(seconds(31));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(verify(stranger).error().code, errc::unauthenticated);
    EXPECT_EQ(asked("/jwks"), 3u);
}

TEST_F(Provider, TokensThatNoKeyCouldMakeGoodAskForNone) {
    const auto text = unsigned_token({{"alg", "none"}}, {{"sub", "alice"}});
    for (const auto& bad : {text + ".", std::string("0123456789abcdef"), std::string()})
        EXPECT_EQ(verify(bad).error().code, errc::unauthenticated);
    EXPECT_TRUE(server.requests.empty());
}

TEST_F(Provider, WithoutKeysNothingIsSaidOfTheToken) {
    answers["/jwks"] = reply(500, "");
    EXPECT_EQ(verify(token(first_key())).error().code, errc::unavailable);
    answers["/jwks"] = reply(200, "<html>");
    make();
    EXPECT_EQ(verify(token(first_key())).error().code, errc::unavailable);
}

TEST_F(Provider, ClaimsAreChecked) {
    EXPECT_EQ(verify(token(first_key(), {{"iss", base}})).error().code, errc::unauthenticated);
    EXPECT_EQ(verify(token(first_key(), {{"exp", 1}})).error().code, errc::unauthenticated);
    const expectation e{.issuer = "https://else"};
    EXPECT_TRUE(run(provider->verify(secret(token(first_key(), {{"iss", "https://else"}})), e)));
}

TEST_F(Provider, UserinfoAndRevocation) {
    answers["/userinfo"] = reply(200, R"({"sub":"alice"})");
    answers["/revoke"] = reply(200, "");
    EXPECT_EQ(run(provider->userinfo(secret("AT")))->text("sub"), "alice");
    EXPECT_THAT(server.requests.back(),
                AllOf(StartsWith("GET /userinfo"), HasSubstr("Authorization: Bearer AT\r\n")));
    EXPECT_TRUE(run(provider->revoke(client, secret("RT"))));
    EXPECT_THAT(server.requests.back(), AllOf(HasSubstr("Authorization: Basic"), EndsWith("token=RT")));
    document.erase("userinfo_endpoint");
    document.erase("revocation_endpoint");
    make();
    EXPECT_EQ(run(provider->userinfo(secret("AT"))).error().code, errc::not_found);
    EXPECT_EQ(run(provider->revoke(client, secret("RT"))).error().code, errc::not_found);
}

TEST_F(Provider, NothingThatOpensAnythingIsTold) {
    answers["/token"] = reply(400, R"({"error":"invalid_grant","error_description":"no"})");
    std::string told = run(provider->refresh(client, secret("RT-secret"))).error().message;
    told += run(provider->exchange_code(client, secret("CODE-secret"), "x", secret("VERIFIER-secret")))
                .error()
                .message;
    told += verify(token(signing_key::elliptic("stranger"))).error().message;
    for (const auto& record : log.records)
        for (const auto& [key, value] : record.fields) told += value;
    EXPECT_THAT(told, AllOf(Not(HasSubstr("secret")), Not(HasSubstr("eyJ"))));
}

std::string good_and_bad(const std::vector<provider_finding>& findings) {
    std::string out;
    for (const auto& f : findings) {
        out += (f.good ? "good: " : "BAD: ") + f.what + "\n";
        EXPECT_EQ(f.good, f.remedy.empty()) << f.what;
    }
    return out;
}

TEST_F(Provider, CheckWalksTheChain) {
    const auto at = [](const char* date) { return std::string("Date: ") + date + "\r\n"; };
    time.advance(seconds(1'800'000'000) - time.now().time_since_epoch()); // Fri, 15 Jan 2027 08:00:00 GMT
    answers["/jwks"] = reply(200, jwks(keys), at("Fri, 15 Jan 2027 08:00:20 GMT"));
    answers["/token"] = reply(400, R"({"error":"invalid_grant"})");
    answers["/auth"] = reply(303, "", "Location: https://h/cb?error=login_required\r\n");
    const auto check = [&] { return good_and_bad(run(provider->check(client, "https://h/cb"))); };
    EXPECT_THAT(check(), Not(HasSubstr("BAD")));
    EXPECT_THAT(server.requests.back(),
                AllOf(HasSubstr("prompt=none"), HasSubstr("redirect_uri=https%3A%2F%2Fh%2Fcb")));

    answers["/jwks"] =
        reply(200, jwks({first_key().jwk({{"use", "enc"}})}), at("Fri, 15 Jan 2027 08:02:00 GMT"));
    answers["/token"] = reply(401, R"({"error":"unauthorized_client"})");
    answers["/auth"] = reply(400, "");
    EXPECT_THAT(check(),
                AllOf(HasSubstr("BAD: this machine's clock is 120 s behind"), HasSubstr("BAD: none of the"),
                      HasSubstr("BAD: client hub"), HasSubstr("BAD: the identity provider's sign-in page")));

    answers["/auth"] = reply(302, "", "Location: https://h/cb?error=unauthorized_client\r\n");
    EXPECT_THAT(check(), HasSubstr("BAD: the identity provider refuses sign-ins: unauthorized_client"));
    answers[discovery] = reply(404, "");
    make();
    EXPECT_THAT(check(), AllOf(StartsWith("BAD: "), HasSubstr("is `issuer` right?")));
}

} // namespace
} // namespace berth::auth
