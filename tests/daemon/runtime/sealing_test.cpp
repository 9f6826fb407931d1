// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/sealing.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

const secret key(std::string(32, 'k')), other(std::string(32, 'o'));

TEST(Sealing, OpensWhatItSealed) {
    for (const auto& plain :
         {std::string(), std::string("text"), std::string("\0\xff", 2), std::string(10000, 'x')}) {
        const auto opened = unseal(key, seal(key, plain, "context"), "context");
        ASSERT_TRUE(opened);
        EXPECT_EQ(opened->reveal(), plain);
    }
    EXPECT_NE(seal(key, "text", ""), seal(key, "text", ""));
    EXPECT_EQ(seal(key, "text", "").find("text"), std::string::npos);
}

TEST(Sealing, OpensNothingElse) {
    const auto sealed = seal(key, "text", "context");
    EXPECT_FALSE(unseal(other, sealed, "context"));
    EXPECT_FALSE(unseal(key, sealed, "another"));
    EXPECT_FALSE(unseal(key, sealed, ""));
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto changed = sealed;
        changed[i] ^= 1;
        EXPECT_FALSE(unseal(key, changed, "context")) << i;
        EXPECT_FALSE(unseal(key, std::string_view(sealed).substr(0, i), "context")) << i;
    }
}

TEST(Sealing, AKeyOfAnotherLengthIsABug) {
    EXPECT_THROW(seal(secret("short"), "text", ""), std::runtime_error);
    EXPECT_THROW(unseal(secret("short"), std::string(50, 'x'), ""), std::runtime_error);
}

} // namespace
} // namespace berth
