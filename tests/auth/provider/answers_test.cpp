// SPDX-License-Identifier: BSD-3-Clause
#include "auth/provider/answers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::auth {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

http_answer answer(int status, std::string body) {
    return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}
std::string error(const std::string& code, const std::string& description) {
    return R"({"error":")" + code + R"(","error_description":")" + description + "\"}";
}
const time_point asked(seconds(1'800'000'000));

struct row {
    const char* what;
    int status;
    std::string body;
    errc code;
};

void expect(const std::vector<row>& rows) {
    for (const auto& [what, status, body, code] : rows) {
        const auto read = read_token_answer(answer(status, body), asked);
        ASSERT_FALSE(read) << what;
        EXPECT_EQ(to_string(read.error().code), to_string(code)) << what << ": " << read.error().message;
    }
}

TEST(TokenAnswer, KeycloaksRefusals) {
    const auto grant = [](const char* words) { return error("invalid_grant", words); };
    expect({
        {"reuse", 400, grant("Maximum allowed refresh token reuse exceeded"), errc::unauthenticated},
        {"newest after reuse", 400, grant("Session doesn't have required client"), errc::unauthenticated},
        {"revoked", 400, grant("Session not active"), errc::unauthenticated},
        {"garbage", 400, grant("Invalid refresh token"), errc::unauthenticated},
        {"another client's", 400,
         grant("Invalid refresh token. Token client and authorized client don't match"),
         errc::unauthenticated},
        {"user disabled", 400, grant("User disabled"), errc::unauthenticated},
        {"not set up", 400, grant("Account is not fully set up"), errc::unauthenticated},
        {"code", 400, grant("Code not valid"), errc::unauthenticated},
        {"redirect_uri", 400, grant("Incorrect redirect_uri"), errc::unauthenticated},
        {"PKCE", 400, grant("PKCE verification failed: Code mismatch"), errc::unauthenticated},
        {"wrong secret", 401, error("unauthorized_client", "Invalid client or Invalid client credentials"),
         errc::denied},
        {"client disabled", 401, error("invalid_client", "Invalid client or Invalid client credentials"),
         errc::denied},
        {"no service account", 401,
         error("unauthorized_client", "Client not enabled to retrieve service account"), errc::denied},
        {"no password grant", 400,
         error("unauthorized_client", "Client not allowed for direct access grants"), errc::denied},
        {"scope", 400, error("invalid_scope", "Invalid scopes: nosuch"), errc::denied},
        {"no grant_type", 400, error("invalid_request", "Missing form parameter: grant_type"), errc::denied},
        {"unknown grant_type", 400, error("unsupported_grant_type", "Unsupported grant_type"), errc::denied},
        {"no refresh token", 400, error("invalid_request", "No refresh token"), errc::denied},
        {"offline", 400, error("not_allowed", "Offline tokens not allowed for the user or client"),
         errc::denied},
        {"realm", 404, R"({"error":"Realm does not exist"})", errc::denied},
        {"GET", 405, R"({"error":"HTTP 405 Method Not Allowed"})", errc::denied},
        {"overload", 503, "", errc::unavailable},
    });
}

TEST(TokenAnswer, OidcProvidersRefusals) {
    expect({
        {"every bad refresh", 400, error("invalid_grant", "grant request is invalid"), errc::unauthenticated},
        {"wrong secret or client", 401, error("invalid_client", "client authentication failed"),
         errc::denied},
        {"grant", 400, error("unauthorized_client", "requested grant type is not allowed for this client"),
         errc::denied},
        {"itself", 500, error("server_error", "oops! something went wrong"), errc::unavailable},
    });
}

TEST(TokenAnswer, OthersRefusals) {
    expect({
        {"403 invalid_grant", 403, error("invalid_grant", "Unknown or invalid refresh token."),
         errc::unauthenticated},
        {"interaction", 400, error("interaction_required", "MFA"), errc::unauthenticated},
        {"500 invalid_grant", 500, error("invalid_grant", ""), errc::unavailable},
        {"a front proxy's 401", 401, "<html>", errc::denied},
        {"a front proxy's 403", 403, "", errc::denied},
        {"400 without a word", 400, "<html>Bad Request</html>", errc::unavailable},
        {"400 of another type", 400, "[]", errc::unavailable},
        {"too many", 429, error("slow_down", ""), errc::unavailable},
        {"request timeout", 408, "", errc::unavailable},
        {"a gateway", 502, "<html>", errc::unavailable},
        {"elsewhere", 302, "", errc::unavailable},
        {"a page", 200, "<html>Maintenance</html>", errc::unavailable},
        {"nothing in it", 200, "{}", errc::unavailable},
        {"an error with 200", 200, error("invalid_grant", ""), errc::unavailable},
        {"a token of numbers", 200, R"({"access_token":5})", errc::unavailable},
        {"bound tokens", 200, R"({"access_token":"a","token_type":"DPoP"})", errc::denied},
    });
}

TEST(TokenAnswer, WhatNeverCame) {
    for (const auto& [came, is] : std::vector<std::pair<errc, errc>>{
             {errc::unavailable, errc::unavailable},
             {errc::outcome_unknown, errc::outcome_unknown},
             {errc::limit_exceeded, errc::outcome_unknown},
             {errc::cancelled, errc::cancelled},
         })
        EXPECT_EQ(read_token_answer(fail(came, "x"), asked).error().code, is) << to_string(came);
}

TEST(TokenAnswer, SentencesAreShortAndPrintable) {
    const auto read =
        read_token_answer(answer(400, error("invalid_grant", "a\\nb\\u0007" + std::string(500, 'x'))), asked);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, HasSubstr("invalid_grant (abx"));
    EXPECT_LT(read.error().message.size(), 320u);
}

TEST(TokenAnswer, AGrantIsReadAndItsTokensAreTakenOut) {
    const auto read = read_token_answer(
        answer(200, R"({"access_token":"AT","refresh_token":"RT","id_token":"IT","token_type":"bearer",
                        "expires_in":60,"refresh_expires_in":1800,"scope":"openid  profile","session_state":"s"})"),
        asked);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->access_token.reveal(), "AT");
    EXPECT_EQ(read->refresh_token.reveal(), "RT");
    EXPECT_EQ(read->id_token.reveal(), "IT");
    EXPECT_EQ(read->access_expires, asked + seconds(60));
    EXPECT_EQ(read->refresh_expires, asked + seconds(1800));
    EXPECT_THAT(read->scopes, testing::ElementsAre("openid", "profile"));
    EXPECT_THAT(read->rest, testing::AllOf(HasSubstr("session_state"), Not(HasSubstr("AT")),
                                           Not(HasSubstr("RT")), Not(HasSubstr("IT"))));
}

TEST(TokenAnswer, LifetimesThatAreNone) {
    const auto life = [](const std::string& value) {
        const auto read = read_token_answer(
            answer(200, R"({"access_token":"a","expires_in":)" + value + R"(,"refresh_expires_in":0})"),
            asked);
        EXPECT_FALSE(read->refresh_expires) << "Keycloak says 0 of offline tokens";
        return read->access_expires;
    };
    EXPECT_EQ(life("\"60\""), asked + seconds(60));
    for (const auto* value : {"0", "-1", "null", "\"soon\"", "{}"}) EXPECT_FALSE(life(value)) << value;
    EXPECT_TRUE(life("1e300"));
}

TEST(Revocation, WhatIsNoGoodAnyMoreIsRevoked) {
    EXPECT_TRUE(read_revocation_answer(answer(200, "")));
    EXPECT_TRUE(read_revocation_answer(answer(200, error("invalid_token", "Invalid token"))));
    EXPECT_TRUE(read_revocation_answer(answer(400, error("invalid_token", "Invalid token"))));
    EXPECT_EQ(
        read_revocation_answer(answer(400, error("invalid_request", "Unmatching clients"))).error().code,
        errc::denied);
    EXPECT_EQ(read_revocation_answer(answer(503, "")).error().code, errc::unavailable);
}

TEST(Userinfo, IsReadWhenItIsPlainJson) {
    EXPECT_EQ(read_userinfo_answer(answer(200, R"({"sub":"a"})"))->text("sub"), "a");
    struct refused {
        http_answer came;
        errc code;
    };
    const http_answer no_type{200, {}, "<html>"},
        signed_answer{200, {{"content-type", "application/jwt"}}, "a.b.c"};
    for (const auto& [came, code] : std::vector<refused>{{answer(401, ""), errc::unauthenticated},
                                                         {answer(403, "{}"), errc::denied},
                                                         {answer(503, ""), errc::unavailable},
                                                         {answer(302, ""), errc::unavailable},
                                                         {no_type, errc::unavailable},
                                                         {signed_answer, errc::denied}})
        EXPECT_EQ(read_userinfo_answer(came).error().code, code) << came.status;
}

} // namespace
} // namespace berth::auth
