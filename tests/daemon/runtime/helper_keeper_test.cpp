// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/helper_keeper.hpp"

#include "daemon/runtime/helper_process.hpp"
#include "tests/daemon/runtime/run_coro.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace berth {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::HasSubstr;

pid_t parent_of(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("PPid:")) return std::stoi(line.substr(5));
    return 0;
}

struct HelperKeeper : testing::Test {
    enum { ends_at_once, works };

    boost::asio::io_context io;
    capturing_logger log;
    std::unique_ptr<helper_keeper> keeper;
    helper_process helper{io.get_executor(), log, "test", {HELPER_PROGRAM}};

    void SetUp() override {
        auto made = helper_keeper::start(KEEPER_PROGRAM, {{"/bin/true", "1"}, {HELPER_PROGRAM}});
        ASSERT_TRUE(made) << made.error().message;
        keeper = std::move(*made);
        ASSERT_TRUE(helper.start());
        start_anew_as(works);
    }
    void start_anew_as(std::size_t which) {
        helper.start_anew_through([this, which](int socket) { return keeper->start_helper(which, socket); });
    }
    result<json> call(std::string verb) {
        return run_coro(io, helper.call(std::move(verb), json::object(), seconds(30)));
    }
    pid_t kill_helper() {
        const auto pid = call("parent")->get<pid_t>();
        kill(pid, SIGKILL);
        while (helper.alive()) io.run_one();
        return pid;
    }
};

TEST_F(HelperKeeper, StartsADeadHelperAgainAsOftenAsItDies) {
    auto before = kill_helper();
    for (int i = 0; i < 6; ++i) { // more often than one helper may be alive at once
        const auto now = call("parent");
        ASSERT_TRUE(now) << now.error().message;
        EXPECT_NE(now->get<pid_t>(), before);
        EXPECT_NE(parent_of(now->get<pid_t>()), getpid());
        before = kill_helper();
    }
    EXPECT_EQ(log.count("helper.started_again"), 6u);
}

TEST_F(HelperKeeper, AHelperThatEndsAtOnceIsNotAskedForInALoop) {
    start_anew_as(ends_at_once);
    kill_helper();
    EXPECT_EQ(call("echo").error().code, errc::outcome_unknown);
    const auto next = call("echo");
    ASSERT_FALSE(next);
    EXPECT_EQ(next.error().code, errc::unavailable);
    EXPECT_THAT(next.error().message, HasSubstr("started again in a moment"));
}

TEST_F(HelperKeeper, StartsNothingThatItWasNotStartedWith) {
    start_anew_as(7);
    kill_helper();
    EXPECT_EQ(call("echo").error().code, errc::outcome_unknown); // its socket was closed
    EXPECT_EQ(call("echo").error().code, errc::unavailable);
}

TEST_F(HelperKeeper, ItsDeathIsSaidAndEndsNoHelper) {
    kill_helper();
    const auto pid = call("parent")->get<pid_t>();
    const auto of_keeper = parent_of(pid);
    kill(of_keeper, SIGKILL);
    waitpid(of_keeper, nullptr, 0);
    EXPECT_EQ(call("parent")->get<pid_t>(), pid);
    kill_helper();
    const auto after = call("echo");
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().code, errc::unavailable);
    EXPECT_THAT(after.error().message, HasSubstr("restart berth"));
}

TEST_F(HelperKeeper, EndsWithItsDaemon) {
    kill_helper();
    const auto of_keeper = parent_of(call("parent")->get<pid_t>());
    keeper.reset();
    int status = -1;
    ASSERT_EQ(waitpid(of_keeper, &status, 0), of_keeper);
    EXPECT_EQ(status, 0);
}

} // namespace
} // namespace berth
