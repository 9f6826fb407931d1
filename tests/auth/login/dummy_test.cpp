// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/login.hpp"
#include "tests/daemon/runtime/run_coro.hpp"

#include <gtest/gtest.h>

namespace berth::auth {
namespace {

struct dummy : testing::Test {
    boost::asio::io_context io;
    result<identity> ask(const std::string& wanted, const std::string& name, const std::string& password) {
        const auto check = make_dummy_check(secret(wanted));
        return run_coro(io, check->check(name, secret(password)));
    }
};

TEST_F(dummy, takes_any_password_when_none_is_set) {
    EXPECT_EQ(ask("", " Al ", "x")->name, "al");
    EXPECT_EQ(ask("", "al", "")->name, "al");
}

TEST_F(dummy, takes_the_one_password_that_is_set) {
    EXPECT_TRUE(ask("open sesame", "al", "open sesame"));
    for (const auto* wrong : {"", "open", "open sesam", "open sesame ", "OPEN SESAME"})
        EXPECT_EQ(ask("open sesame", "al", wrong).error().code, errc::unauthenticated) << wrong;
}

TEST_F(dummy, refuses_impossible_names_like_wrong_passwords) {
    EXPECT_EQ(ask("p", "a/b", "p").error(), ask("p", "al", "x").error());
}

} // namespace
} // namespace berth::auth
