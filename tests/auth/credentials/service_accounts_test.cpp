// SPDX-License-Identifier: BSD-3-Clause
#include "auth/credentials/service_accounts.hpp"

#include "auth/credentials/bearer_verdicts.hpp"
#include "daemon/runtime/encoding.hpp"
#include "tests/auth/credentials/credentials_fixture.hpp"

namespace berth::auth {
namespace {

using testing::HasSubstr;

struct accounts_fixture : auth_fixture {
    fake_provider provider{time};
    std::unique_ptr<service_accounts> accounts;

    static service_account account(const std::string& user, const std::string& client) {
        service_account out;
        out.user = user;
        out.client.id = client;
        out.client.password = secret("hush");
        out.scopes.emplace_back("jobs");
        return out;
    }
    void SetUp() override {
        std::vector<service_account> list(1, account("tester", "spawn-tester"));
        list.push_back(account("poller", "poll-client"));
        list.back().bearer_audience = "hub";
        list.push_back(account("quiet", "quiet-client"));
        list.back().accept_bearer = false;
        accounts =
            std::make_unique<service_accounts>(io.get_executor(), time, log, provider, std::move(list), 20s);
        provider.verdict = [](const secret& token, const expectation&) -> result<claims> {
            // The payload as it stands, unless the signature is "bad".
            const auto text = std::string(token.reveal());
            const auto first = text.find('.'), second = text.rfind('.');
            if (text.substr(second + 1) == "bad0")
                return fail(errc::unauthenticated, "the token's signature is wrong");
            return claims(*base64url_decode(text.substr(first + 1, second - first - 1)));
        };
    }
    void TearDown() override {
        provider.release();
        bool over = false;
        boost::asio::co_spawn(io, accounts->shut_down(), [&](const std::exception_ptr&) { over = true; });
        io.restart();
        while (!over) io.run_one();
        accounts.reset();
    }
    std::string token(const std::string& user, duration need = 10s) {
        const auto got = run(accounts->fresh(user, need));
        return got ? std::string(got->token.reveal()) : std::string(to_string(got.error().code));
    }
    std::string jwt(const std::string& claims_json, const std::string& signature = "c2ln") {
        return base64url_encode(R"({"alg":"RS256"})") + "." + base64url_encode(claims_json) + "." + signature;
    }
    std::string in(duration d) {
        return std::to_string(
            std::chrono::duration_cast<std::chrono::seconds>((time.now() + d).time_since_epoch()).count());
    }
    std::string user_of(const std::string& bearer) {
        run_void(accounts->prepare(secret(bearer)));
        return accounts->user_of(bearer).value_or("");
    }
};

TEST_F(accounts_fixture, tokens_are_fetched_when_needed_cached_and_renewed) {
    EXPECT_TRUE(accounts->has("tester"));
    EXPECT_FALSE(accounts->has("al"));
    EXPECT_EQ(token("al"), "not_found");
    EXPECT_EQ(provider.grants, 0);
    EXPECT_EQ(token("tester"), "machine-spawn-tester-1");
    EXPECT_EQ(token("tester"), "machine-spawn-tester-1");
    EXPECT_EQ(token("poller"), "machine-poll-client-2");
    time.advance(41s);
    EXPECT_EQ(token("tester"), "machine-spawn-tester-3");
    EXPECT_THAT(provider.scopes.front(), testing::ElementsAre("jobs"));
    accounts->distrust("tester", secret("machine-spawn-tester-1")); // replaced long ago
    EXPECT_EQ(token("tester"), "machine-spawn-tester-3");
    accounts->distrust("tester", secret("machine-spawn-tester-3"));
    EXPECT_EQ(token("tester"), "machine-spawn-tester-4");
    EXPECT_EQ(token("tester"), "machine-spawn-tester-4");
}

TEST_F(accounts_fixture, many_at_once_share_one_grant) {
    provider.held = true;
    std::vector<std::string> got;
    for (int i = 0; i < 32; ++i)
        boost::asio::co_spawn(io, accounts->fresh("tester", 10s),
                              [&](const std::exception_ptr&, result<access> a) {
                                  got.emplace_back(a ? a->token.reveal() : "");
                              });
    io.restart();
    while (io.poll() > 0) {
    }
    EXPECT_EQ(provider.waiting(), 1u);
    provider.release();
    while (got.size() < 32) io.run_one();
    EXPECT_EQ(provider.grants, 1);
    EXPECT_THAT(got, testing::Each("machine-spawn-tester-1"));
}

TEST_F(accounts_fixture, failures_are_told_apart_and_not_repeated_at_once) {
    const std::pair<errc, std::string> table[]{{errc::denied, "denied"},
                                               {errc::unauthenticated, "denied"},
                                               {errc::unavailable, "unavailable"},
                                               {errc::outcome_unknown, "unavailable"}};
    for (const auto& [answered, told] : table) {
        const auto before = provider.grants;
        provider.next.push_back({answered, "the provider's words"});
        EXPECT_EQ(token("tester"), told);
        const auto again = run(accounts->fresh("tester", 10s));
        EXPECT_THAT(again.error().message, HasSubstr("\"tester\": the provider's words"));
        EXPECT_EQ(provider.grants, before + 1);
        time.advance(1min);
        EXPECT_TRUE(run(accounts->fresh("tester", 10s)));
        EXPECT_EQ(provider.grants, before + 2);
        time.advance(1min);
    }
    EXPECT_EQ(log.count("credential.misconfigured"), 2u);
}

TEST_F(accounts_fixture, while_the_provider_is_away_what_is_good_enough_is_used_unless_it_was_refused) {
    EXPECT_EQ(token("tester"), "machine-spawn-tester-1");
    time.advance(45s);
    for (int i = 0; i < 2; ++i) provider.next.push_back({errc::unavailable, "down"});
    EXPECT_EQ(token("tester"), "machine-spawn-tester-1");
    accounts->distrust("tester", secret("machine-spawn-tester-1"));
    EXPECT_EQ(token("tester"), "unavailable");
}

TEST_F(accounts_fixture, the_providers_own_token_is_good_for_its_client_only) {
    const auto good = jwt(R"({"azp":"spawn-tester","exp":)" + in(1min) + "}");
    EXPECT_EQ(accounts->user_of(good), std::nullopt); // nobody has verified it
    EXPECT_EQ(user_of(good), "tester");
    EXPECT_EQ(user_of(good), "tester");
    EXPECT_EQ(provider.verified, 1);
    const auto exp = R"(,"exp":)" + in(1min) + "}";
    const std::pair<std::string, std::string> table[]{
        {R"({"client_id":"spawn-tester")", "tester"}, // as RFC 9068 says it
        {R"({"azp":"hub","client_id":"spawn-tester")", ""},
        {R"({"azp":"hub","aud":["spawn-tester"])", ""},
        {R"({"sub":"spawn-tester")", ""},
        {R"({"azp":"poll-client","aud":["x","hub"])", "poller"},
        {R"({"azp":"poll-client","aud":"hub")", "poller"},
        {R"({"azp":"poll-client","aud":["x"])", ""},
        {R"({"azp":"poll-client")", ""},
        {R"({"azp":"hub","aud":["hub"])", ""}, // a user's token has the same audience
        {R"({"azp":"quiet-client")", ""},
        {R"({"azp":"spawn-tester","typ":"ID")", ""},
        {R"({"azp":"spawn-tester","nonce":"n")", ""},
        {R"({"azp":"spawn-tester","at_hash":"n")", ""},
        {R"({"azp":"spawn-tester","events":{})", ""},
        {R"({"azp":"")", ""},
    };
    for (const auto& [claims_json, user] : table)
        EXPECT_EQ(user_of(jwt(claims_json + exp)), user) << claims_json;
}

TEST_F(accounts_fixture, a_bearers_verdict_ends_with_it_and_a_bad_one_soon) {
    const auto good = jwt(R"({"azp":"spawn-tester","exp":)" + in(1min) + "}");
    EXPECT_EQ(user_of(good), "tester");
    time.advance(90s);
    EXPECT_EQ(accounts->user_of(good), std::nullopt);
    const auto lasting = jwt(R"({"azp":"spawn-tester","exp":)" + in(24h) + "}");
    EXPECT_EQ(user_of(lasting), "tester");
    time.advance(5min);
    EXPECT_EQ(accounts->user_of(lasting), std::nullopt);
    EXPECT_EQ(user_of(lasting), "tester"); // verified anew
    EXPECT_EQ(provider.verified, 3);
    const auto bad = jwt(R"({"azp":"spawn-tester","exp":)" + in(1h) + "}", "bad0");
    EXPECT_EQ(user_of(bad), "");
    EXPECT_EQ(user_of(bad), "");
    EXPECT_EQ(provider.verified, 4);
    time.advance(5s);
    EXPECT_EQ(user_of(bad), "");
    EXPECT_EQ(provider.verified, 5);
    provider.next.push_back({errc::unavailable, "no keys"});
    const auto other = jwt(R"({"azp":"spawn-tester","jti":"2","exp":)" + in(1h) + "}");
    EXPECT_EQ(user_of(other), ""); // nobody could tell
    EXPECT_EQ(user_of(other), "tester");
}

TEST_F(accounts_fixture, what_is_no_json_web_token_costs_nothing) {
    for (const std::string text :
         {"", "0123456789abcdef0123456789abcdef", "a.b.c", "ey.ey", "..", "eyJ!.e30.x", "e30.e30.x"})
        EXPECT_EQ(user_of(text), "") << text;
    EXPECT_EQ(user_of("ey" + std::string(20'000, 'a') + ".e30.x"), "");
    EXPECT_EQ(provider.verified, 0);
}

TEST_F(accounts_fixture, strangers_do_not_push_out_the_good_ones) {
    bearer_verdicts v;
    const auto now = time.now();
    v.remember_good("good", "tester", now + 1min, now);
    for (int i = 0; i < 3000; ++i) v.remember_bad("bad" + std::to_string(i), now + 5s + i * 1us, now);
    EXPECT_EQ(v.user_of("good", now), "tester");
    EXPECT_FALSE(v.knows("bad0", now));
    EXPECT_TRUE(v.knows("bad2999", now));
    for (int i = 0; i < 1000; ++i) v.remember_good("later" + std::to_string(i), "x", now + 2min, now);
    EXPECT_EQ(v.user_of("good", now), std::nullopt);
}

TEST_F(accounts_fixture, check_tells_of_each) {
    provider.next.push_back({errc::denied, "401 unauthorized_client"});
    const auto found = run(accounts->check());
    ASSERT_EQ(found.size(), 3u);
    EXPECT_FALSE(found[0].good);
    EXPECT_THAT(found[0].what, HasSubstr("service account \"poller\" (client \"poll-client\"): 401"));
    EXPECT_THAT(found[0].remedy, HasSubstr("client secret"));
    EXPECT_TRUE(found[1].good);
    EXPECT_TRUE(found[2].good);
}

} // namespace
} // namespace berth::auth
