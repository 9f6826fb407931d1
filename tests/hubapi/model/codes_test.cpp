// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/oauth/codes.hpp"

#include <gtest/gtest.h>

namespace berth::hub {
namespace {

using namespace std::chrono_literals;

TEST(codes, are_good_once_and_for_five_minutes) {
    manual_clock time;
    code_table codes(time);
    grant g;
    g.user_id = 7;
    const auto first = codes.issue(g), second = codes.issue(g);
    EXPECT_EQ(first.size(), 30u);
    ASSERT_NE(codes.find(first), nullptr);
    EXPECT_EQ(codes.find(first)->user_id, 7);
    EXPECT_NE(codes.find(first), nullptr) << "looking does not use it up";
    codes.use_up(first);
    EXPECT_EQ(codes.find(first), nullptr);
    time.advance(299s);
    EXPECT_NE(codes.find(second), nullptr);
    time.advance(1s);
    EXPECT_EQ(codes.find(second), nullptr);
    EXPECT_EQ(codes.find("nonsense"), nullptr);
}

TEST(codes, the_table_is_bounded) {
    manual_clock time;
    code_table codes(time);
    const auto oldest = codes.issue({});
    time.advance(1s);
    for (int i = 0; i < 10'000; ++i) codes.issue({});
    EXPECT_EQ(codes.find(oldest), nullptr);
}

TEST(codes, pkce) {
    // The pair of RFC 7636, appendix B.
    grant g;
    g.challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    g.challenge_method = "S256";
    EXPECT_TRUE(pkce_matches(g, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
    EXPECT_FALSE(pkce_matches(g, "another"));
    EXPECT_FALSE(pkce_matches(g, ""));
    g.challenge_method = "plain";
    EXPECT_TRUE(pkce_matches(g, g.challenge));
    EXPECT_FALSE(pkce_matches(g, ""));
    EXPECT_TRUE(pkce_matches({}, "")) << "5.x sends no challenge";
}

} // namespace
} // namespace berth::hub
