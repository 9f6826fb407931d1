// SPDX-License-Identifier: BSD-3-Clause
#include "auth/provider/json_web_token.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace berth::auth {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Claims, AreLookedIntoByName) {
    const claims c(
        R"({"sub":"alice","groups":["a","b"],"one":"x","mixed":["a",1],"n":5,"yes":true,"text":"true",
                       "realm_access":{"roles":["r"],"deep":{"er":"d"}},"a.b":"dotted","a":{"b":"below"},
                       "events":{"http://x.y/z":{}}})");
    EXPECT_EQ(c.text("sub"), "alice");
    EXPECT_EQ(c.text("n"), "");
    EXPECT_EQ(c.text("none"), "");
    EXPECT_THAT(c.list("groups"), ElementsAre("a", "b"));
    EXPECT_THAT(c.list("one"), ElementsAre("x"));
    EXPECT_THAT(c.list("mixed"), IsEmpty());
    EXPECT_THAT(c.list("realm_access.roles"), ElementsAre("r"));
    EXPECT_EQ(c.text("realm_access.deep.er"), "d");
    EXPECT_EQ(c.text("a.b"), "dotted");
    EXPECT_EQ(c.text("sub.x"), "");
    EXPECT_TRUE(c.has("events.http://x.y/z"));
    EXPECT_FALSE(c.has("events.http://x.y"));
    EXPECT_TRUE(c.is_true("yes"));
    EXPECT_TRUE(c.is_true("text"));
    EXPECT_FALSE(c.is_true("n"));
    EXPECT_FALSE(c.is_true("none"));
}

TEST(Claims, OfSomethingElseAreNone) {
    for (const auto* text : {"", "[]", "\"x\"", "{", "\xff"}) {
        const claims c{std::string(text)};
        EXPECT_FALSE(c.has("sub")) << text;
        EXPECT_EQ(c.json(), "{}");
    }
    EXPECT_EQ(claims().json(), "{}");
}

TEST(Claims, TimesThatAreNoneAreNothing) {
    const claims c(R"({"a":10,"b":10.9,"c":1e300,"d":"10","e":-1})");
    EXPECT_EQ(c.time("a"), time_point(seconds(10)));
    EXPECT_EQ(c.time("b"), time_point(seconds(10)));
    EXPECT_EQ(c.time("e"), time_point(seconds(-1)));
    EXPECT_FALSE(c.time("c"));
    EXPECT_FALSE(c.time("d"));
}

TEST(Claims, AreCompletedAndNotOverridden) {
    const auto all = claims(R"({"sub":"a","x":1})").completed_by(claims(R"({"sub":"b","groups":["g"]})"));
    EXPECT_EQ(all.text("sub"), "a");
    EXPECT_THAT(all.list("groups"), ElementsAre("g"));
}

const time_point now(seconds(1'800'000'000));
long at(long offset) { return 1'800'000'000 + offset; }

TEST(CheckClaims, EachOneIsLookedAt) {
    const json good{{"iss", "https://idp"}, {"aud", {"other", "hub"}}, {"azp", "hub"},
                    {"nonce", "n"},         {"exp", at(60)},           {"iat", at(0)},
                    {"nbf", at(0)}};
    const expectation e{.issuer = "https://idp", .audience = "hub", .authorized_party = "hub", .nonce = "n"};
    ASSERT_TRUE(check_claims(claims(good.dump()), e, now));
    struct row {
        json change;
        const char* names; // "": it is good all the same
    };
    for (const auto& [change, names] : std::vector<row>{
             {{{"iss", "https://idp/"}}, "iss"},
             {{{"iss", nullptr}}, "iss"},
             {{{"aud", "hub"}}, ""},
             {{{"aud", "other"}}, "aud"},
             {{{"aud", json::array()}}, "aud"},
             {{{"aud", {"hub", 1}}}, "aud"},
             {{{"azp", "other"}}, "azp"},
             {{{"azp", "other"}, {"client_id", "hub"}}, "azp"},
             {{{"nonce", "m"}}, "nonce"},
             {{{"nonce", ""}}, "nonce"},
             {{{"exp", at(-29)}}, ""}, // the leeway
             {{{"exp", at(-30)}}, "exp"},
             {{{"exp", nullptr}}, "exp"},
             {{{"exp", "tomorrow"}}, "exp"},
             {{{"nbf", at(30)}}, ""},
             {{{"nbf", at(31)}}, "nbf"},
             {{{"nbf", "soon"}}, "nbf"},
             {{{"iat", at(31)}}, "iat"},
             {{{"iat", "then"}}, "iat"},
             {{{"iat", at(-100000)}}, ""},
         }) {
        auto changed = good;
        changed.update(change);
        const auto checked = check_claims(claims(changed.dump()), e, now);
        EXPECT_EQ(checked.has_value(), std::string(names).empty()) << change;
        if (checked) continue;
        EXPECT_EQ(checked.error().code, errc::unauthenticated);
        EXPECT_THAT(checked.error().message, HasSubstr(names)) << change;
    }
}

TEST(CheckClaims, WhatIsNotAskedForMayBeMissing) {
    EXPECT_TRUE(check_claims(claims(), {.must_expire = false}, now));
    EXPECT_FALSE(check_claims(claims(), {}, now));
    // A client's own token at some providers.
    EXPECT_TRUE(
        check_claims(claims(R"({"client_id":"c"})"), {.authorized_party = "c", .must_expire = false}, now));
    // An empty nonce is no nonce.
    EXPECT_FALSE(check_claims(claims(R"({"nonce":""})"), {.nonce = "", .must_expire = false}, now));
}

} // namespace
} // namespace berth::auth
