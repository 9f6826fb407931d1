// SPDX-License-Identifier: BSD-3-Clause
// The real helper program and the real PAM, with service files of the test's own.
#include "auth/login/login.hpp"
#include "daemon/runtime/helper_process.hpp"
#include "tests/daemon/runtime/run_coro.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace berth::auth {
namespace {

// A unix user for as long as the test runs. Needs root.
struct temporary_user {
    temporary_user(std::string n, const std::string& password) : name(std::move(n)) {
        good = std::system(("useradd --no-create-home --shell /bin/sh " + name).c_str()) == 0;
        if (auto* pipe = good ? popen("chpasswd", "w") : nullptr) {
            fprintf(pipe, "%s:%s\n", name.c_str(), password.c_str());
            good = pclose(pipe) == 0;
        }
    }
    temporary_user(const temporary_user&) = delete;
    temporary_user& operator=(const temporary_user&) = delete;
    ~temporary_user() { change("userdel " + name); }
    void change(const std::string& command) const {
        EXPECT_EQ(std::system((command + " >/dev/null 2>&1").c_str()), 0) << command;
    }
    std::string name;
    bool good = false;
};

struct pam : testing::Test {
    boost::asio::io_context io;
    capturing_logger log;
    std::filesystem::path folder;
    std::unique_ptr<helper_process> helper;
    std::unique_ptr<password_check> check;

    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "berth-pam-XXXXXX").string();
        folder = mkdtemp(pattern.data());
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    void start(const std::string& service_file) {
        std::ofstream(folder / "test") << service_file;
        helper = std::make_unique<helper_process>(
            io.get_executor(), log, "pam",
            std::vector<std::string>{PAM_HELPER, "--service", "test", "--confdir", folder.string()});
        const auto started = helper->start();
        ASSERT_TRUE(started) << started.error().message;
        check = make_pam_check(*helper);
    }
    result<identity> ask(const std::string& name, const std::string& password) {
        return run_coro(io, check->check(name, secret(password)));
    }
    errc code(const std::string& name, const std::string& password) {
        const auto answer = ask(name, password);
        return answer ? errc::internal : answer.error().code;
    }
};

TEST_F(pam, what_pam_permits_comes_in_with_its_groups) {
    start("auth required pam_permit.so\naccount required pam_permit.so\n");
    const auto who = ask(" ROOT ", "anything");
    ASSERT_TRUE(who) << who.error().message;
    EXPECT_EQ(who->name, "root");
    EXPECT_THAT(who->groups, testing::Contains("root"));
    EXPECT_THAT(ask("no-such-user-here", "x")->groups, testing::IsEmpty());
}

TEST_F(pam, what_pam_denies_stays_out) {
    start("auth required pam_deny.so\naccount required pam_permit.so\n");
    const auto refused = ask("root", "hunter2-hunter2");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), (failure{errc::unauthenticated, "Invalid username or password"}));
    for (const auto& line : log.records)
        for (const auto& [key, value] : line.fields)
            EXPECT_THAT(value, testing::Not(testing::HasSubstr("hunter2"))) << key;
}

TEST_F(pam, an_account_that_may_not_come_is_told_so_once_its_password_was_right) {
    start("auth required pam_permit.so\naccount required pam_deny.so\n");
    EXPECT_EQ(code("root", "x"), errc::denied);
}

TEST_F(pam, impossible_names_and_passwords_are_not_even_asked) {
    start("auth required pam_permit.so\naccount required pam_permit.so\n");
    EXPECT_EQ(code("a/b", "x"), errc::unauthenticated);
    for (const auto& password :
         {std::string(), std::string("a\0b", 3), std::string(512, 'x'), std::string("\xff")})
        EXPECT_EQ(code("root", password), errc::unauthenticated);
    EXPECT_TRUE(ask("root", std::string(511, 'x')));
}

TEST_F(pam, a_broken_service_is_unavailable) {
    start("auth required /no/such/module.so\naccount required pam_permit.so\n");
    EXPECT_EQ(code("root", "x"), errc::unavailable);
    std::filesystem::remove(folder / "test");
    EXPECT_EQ(code("root", "x"), errc::unavailable);
}

TEST_F(pam, a_helper_that_is_not_there_is_unavailable) {
    helper = std::make_unique<helper_process>(io.get_executor(), log, "pam",
                                              std::vector<std::string>{folder / "no-helper"});
    EXPECT_FALSE(helper->start());
    check = make_pam_check(*helper);
    EXPECT_EQ(code("root", "x"), errc::unavailable);
}

TEST_F(pam, knows_one_verb) {
    start("auth required pam_permit.so\n");
    const auto answer = run_coro(io, helper->call("open", nlohmann::json::object(), std::chrono::seconds(5)));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, errc::invalid_argument);
}

// pam_unix on the shadow file: what runs in production.
TEST_F(pam, unix_users_sign_in_with_their_own_password) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
    const temporary_user al("berth-t" + std::to_string(getpid()), "correct horse");
    ASSERT_TRUE(al.good);
    start("auth required pam_unix.so\naccount required pam_unix.so\n");
    const auto who = ask(al.name, "correct horse");
    ASSERT_TRUE(who) << who.error().message;
    EXPECT_EQ(who->name, al.name);
    EXPECT_EQ(who->groups, std::vector<std::string>{al.name});
    EXPECT_EQ(code(al.name, "correct hors"), errc::unauthenticated);
    EXPECT_EQ(code(al.name, "correct horse "), errc::unauthenticated);
    EXPECT_EQ(code("berth-nobody", "correct horse"), errc::unauthenticated);
    al.change("chage --lastday 0 " + al.name);
    EXPECT_EQ(code(al.name, "correct horse"), errc::denied);
    al.change("chage --lastday -1 --expiredate 1970-01-02 " + al.name);
    EXPECT_EQ(code(al.name, "correct horse"), errc::denied);
    al.change("passwd --delete " + al.name);
    EXPECT_EQ(code(al.name, "x"), errc::unauthenticated);
}

} // namespace
} // namespace berth::auth
