// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/helper_process.hpp"

#include "tests/daemon/runtime/run_coro.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace berth {
namespace {

namespace asio = boost::asio;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

struct HelperProcess : testing::Test {
    asio::io_context io;
    capturing_logger log;
    helper_process helper{io.get_executor(), log, "test", {HELPER_PROGRAM}};

    void SetUp() override { ASSERT_TRUE(helper.start()); }
    result<json> call(std::string verb, json arguments = json::object(), duration deadline = seconds(30)) {
        return run_coro(io, helper.call(std::move(verb), std::move(arguments), deadline));
    }
    errc error_of(std::string verb, duration deadline = seconds(30)) {
        const auto r = call(std::move(verb), json::object(), deadline);
        EXPECT_FALSE(r);
        return r ? errc::internal : r.error().code;
    }
    // Runs the loop until the helper's death has been noticed.
    void kill_helper() {
        kill(call("parent")->get<pid_t>(), SIGKILL);
        while (helper.alive()) io.run_one();
    }
};

TEST_F(HelperProcess, AnswersWithWhatTheHandlerReturns) {
    EXPECT_EQ(call("echo", {{"a", "x\ny"}, {"b", {1, 2}}}), (json{{"a", "x\ny"}, {"b", {1, 2}}}));
    const auto denied = call("deny");
    ASSERT_FALSE(denied);
    EXPECT_EQ(denied.error(), (failure{errc::denied, "not you"}));
    EXPECT_EQ(call("large")->get<std::string>().size(), 3'000'000u);
    EXPECT_EQ(call("echo", {{"s", std::string(2'000'000, 'y')}})->at("s").get<std::string>().size(),
              2'000'000u);
}

TEST_F(HelperProcess, AChildThatDiesIsAnUnknownOutcomeAndHarmsNobody) {
    EXPECT_EQ(error_of("crash"), errc::outcome_unknown);
    EXPECT_EQ(error_of("exit"), errc::outcome_unknown);
    EXPECT_EQ(error_of("throw"), errc::internal);
    EXPECT_TRUE(call("echo"));
}

TEST_F(HelperProcess, AChildThatHangsIsKilledAtItsDeadline) {
    const auto hung = call("hang", json::object(), milliseconds(50));
    ASSERT_FALSE(hung);
    EXPECT_EQ(hung.error().code, errc::outcome_unknown);
    EXPECT_THAT(hung.error().message,
                HasSubstr("was stopped")); // the helper's own words, not our grace running out
    EXPECT_TRUE(call("echo"));
}

TEST_F(HelperProcess, AnswersComeInAnyOrderAndTheRestWaits) {
    std::string file = "/tmp/berth-helper-XXXXXX";
    close(mkstemp(file.data()));
    std::filesystem::remove(file);
    std::vector<std::string> order;
    const auto note = [&](std::string what) {
        return [&order, what = std::move(what)](const std::exception_ptr&, const result<json>& r) {
            order.push_back(r ? what : r.error().message);
        };
    };
    asio::co_spawn(io, helper.call("wait for", {{"file", file}}, seconds(30)), note("first"));
    asio::co_spawn(io, helper.call("echo", json::object(), seconds(30)), note("second"));
    while (order.empty()) io.run_one();
    std::ofstream{file};
    for (int i = 0; i < 20; ++i)
        asio::co_spawn(io, helper.call("pid", json::object(), seconds(30)), note("more"));
    while (order.size() < 22) io.run_one();
    EXPECT_EQ(order[0], "second");
    EXPECT_EQ(std::ranges::count(order, "first"), 1);
    EXPECT_EQ(std::ranges::count(order, "more"), 20);
    std::filesystem::remove(file);
}

TEST_F(HelperProcess, WhatCannotBeginBeforeItsDeadlineHasNotHappened) {
    std::vector<errc> codes;
    for (int i = 0; i < 3; ++i)
        asio::co_spawn(
            io, helper.call("hang", json::object(), seconds(3)),
            [&](const std::exception_ptr&, const result<json>& r) { codes.push_back(r.error().code); });
    EXPECT_EQ(error_of("echo", milliseconds(50)), errc::unavailable);
    EXPECT_TRUE(codes.empty());
}

TEST_F(HelperProcess, WhatWasNotSentToOneThatHangsIsNotSentLater) {
    const auto pid = call("parent")->get<pid_t>();
    kill(pid, SIGSTOP);
    std::optional<result<json>> large, small;
    const auto begin = [&](json arguments, std::optional<result<json>>& answer) {
        asio::co_spawn(io, helper.call("echo", std::move(arguments), milliseconds(10)),
                       [&](const std::exception_ptr&, result<json> r) { answer = std::move(r); });
    };
    begin({{"s", std::string(3'000'000, 'y')}}, large); // more than the socket holds
    begin({{"s", "z"}}, small);
    io.restart();
    while (!large || !small) io.run_one();
    EXPECT_EQ(large->error().code, errc::outcome_unknown) << "half of it is on its way";
    EXPECT_EQ(small->error().code, errc::unavailable) << "and may be asked anew";
    kill(pid, SIGCONT);
    EXPECT_EQ(call("echo", {{"a", 1}}), (json{{"a", 1}}));
}

TEST_F(HelperProcess, ADeadHelperIsToldApartAndStartedAgain) {
    std::optional<result<json>> under_way;
    asio::co_spawn(io, helper.call("hang", json::object(), seconds(30)),
                   [&](const std::exception_ptr&, result<json> r) { under_way = std::move(r); });
    kill_helper();
    while (!under_way) io.run_one();
    EXPECT_EQ(under_way->error().code, errc::outcome_unknown);
    EXPECT_TRUE(call("echo"));
    EXPECT_EQ(log.count("helper.started"), 2u);
    kill_helper();
    EXPECT_TRUE(call("echo")); // it had worked in between
    EXPECT_EQ(log.count("helper.died"), 2u);
}

TEST_F(HelperProcess, EndsWithItsOwner) {
    const auto pid = call("parent")->get<pid_t>();
    auto other = std::make_unique<helper_process>(io.get_executor(), log, "other",
                                                  std::vector<std::string>{HELPER_PROGRAM});
    ASSERT_TRUE(other->start());
    const auto other_pid = run_coro(io, other->call("parent", json::object(), seconds(30)))->get<pid_t>();
    EXPECT_NE(pid, other_pid);
    other.reset();
    while (kill(other_pid, 0) == 0) io.run_one_for(seconds(10)); // reaped by the loop
    EXPECT_TRUE(call("echo"));
}

TEST(HelperProcessStart, SaysWhatIsMissing) {
    asio::io_context io;
    null_logger log;
    helper_process helper(io.get_executor(), log, "test", {"/nonexistent/helper"});
    const auto started = helper.start();
    ASSERT_FALSE(started);
    EXPECT_THAT(started.error().message, HasSubstr("/nonexistent/helper cannot be executed: No such file"));
    EXPECT_FALSE(helper.alive());
}

} // namespace
} // namespace berth
