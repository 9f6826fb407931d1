// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/child_process.hpp"

#include "tests/daemon/runtime/run_coro.hpp"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

namespace berth {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;

struct ChildProcess : testing::Test {
    asio::io_context io;
    std::string dir = "/tmp/berth-child-XXXXXX";
    void SetUp() override { ASSERT_TRUE(mkdtemp(dir.data())); }
    void TearDown() override { std::filesystem::remove_all(dir); }

    result<std::unique_ptr<child_process>> start(child_options options) {
        return run_coro(io, child_process::start(std::move(options)));
    }
    child_options shell(std::string script) {
        return {.argv = {"/bin/sh", "-c", std::move(script)},
                .environment = {{"PATH", "/usr/bin:/bin"}},
                .out = {.file = dir + "/out"}};
    }
    exit_status run(child_options options) {
        auto child = start(std::move(options));
        EXPECT_TRUE(child) << child.error().message;
        return *run_coro(io, (*child)->wait());
    }
    std::string out() const {
        std::stringstream text;
        text << std::ifstream(dir + "/out").rdbuf();
        return text.str();
    }
};

TEST_F(ChildProcess, TellsHowItEnded) {
    EXPECT_EQ(run(shell("exit 7")), exit_status{.code = 7});
    EXPECT_EQ(run(shell("kill -9 $$")), exit_status{.signal = 9});
    EXPECT_EQ(to_text(exit_status{.code = 7}), "exit code 7");
}

TEST_F(ChildProcess, GetsExactlyWhatItIsGiven) {
    auto options = shell("pwd; env | grep -v '^PWD=\\|^_=\\|^SHLVL=\\|^OLDPWD='; ls /proc/self/fd | wc -l; "
                         "cat; ps -o sid= -p $$ | tr -d ' '; echo $$");
    options.environment["A"] = "b=c\nd";
    options.directory = dir;
    const int leak = open("/dev/null", O_RDONLY); // deliberately without O_CLOEXEC
    EXPECT_EQ(run(options), exit_status{.code = 0});
    close(leak);
    std::istringstream lines(out());
    std::vector<std::string> line;
    for (std::string l; std::getline(lines, l);) line.push_back(l);
    ASSERT_EQ(line.size(), 7u) << out();
    EXPECT_EQ(line[0], dir);
    EXPECT_THAT((std::vector<std::string>{line.begin() + 1, line.begin() + 4}),
                testing::UnorderedElementsAre("PATH=/usr/bin:/bin", "A=b=c", "d"));
    EXPECT_EQ(line[4], "4");     // 0, 1, 2 and the directory that ls reads
    EXPECT_EQ(line[5], line[6]); // leader of its session
}

TEST_F(ChildProcess, TakesDescriptorsInAnyOrder) {
    auto options = shell("echo to-out; echo to-err >&2");
    const int file = open((dir + "/both").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    options.out = {.fd = file};
    options.err = {.fd = file};
    EXPECT_EQ(run(options), exit_status{.code = 0});
    close(file);
    std::filesystem::rename(dir + "/both", dir + "/out");
    EXPECT_EQ(out(), "to-out\nto-err\n");
}

TEST_F(ChildProcess, SaysWhyItCannotStart) {
    const auto missing = start({.argv = {"/no/such/program"}});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, errc::not_found);
    EXPECT_THAT(missing.error().message, HasSubstr("/no/such/program"));
    auto lost = shell("true");
    lost.directory = "/no/such/place";
    EXPECT_THAT(start(lost).error().message, HasSubstr("/no/such/place"));
    auto unheard = shell("true");
    unheard.out = {.file = "/no/such/log"};
    EXPECT_THAT(start(unheard).error().message, HasSubstr("/no/such/log"));
    EXPECT_EQ(start({.argv = {"sh"}}).error().code, errc::invalid_argument);
    EXPECT_EQ(start({.argv = {"/bin/sh", std::string("a\0b", 3)}}).error().code, errc::invalid_argument);
    EXPECT_EQ(start({.argv = {}}).error().code, errc::invalid_argument);
}

TEST_F(ChildProcess, SignalsReachItAndItsGroup) {
    auto child = start(shell("sleep 1000 & echo $! ; wait"));
    ASSERT_TRUE(child);
    EXPECT_TRUE((*child)->signal(0));
    EXPECT_TRUE((*child)->signal_group(SIGTERM));
    EXPECT_EQ(run_coro(io, (*child)->wait()), exit_status{.signal = SIGTERM});
    EXPECT_EQ((*child)->signal(SIGTERM).error().code, errc::not_found);
    EXPECT_EQ(run_coro(io, (*child)->wait()), exit_status{.signal = SIGTERM}); // again, at once
}

TEST_F(ChildProcess, WaitingMayBeCancelled) {
    auto child = start(shell("sleep 1000"));
    ASSERT_TRUE(child);
    asio::cancellation_signal stop;
    std::optional<result<exit_status>> outcome;
    asio::co_spawn(io, (*child)->wait(),
                   asio::bind_cancellation_slot(
                       stop.slot(), [&](const std::exception_ptr&, result<exit_status> r) { outcome = r; }));
    io.poll();
    stop.emit(asio::cancellation_type::terminal);
    while (!outcome) io.run_one();
    EXPECT_EQ(outcome->error().code, errc::cancelled);
    EXPECT_TRUE((*child)->signal(SIGKILL));
    EXPECT_TRUE(run_coro(io, (*child)->wait()));
}

TEST_F(ChildProcess, IsReapedEvenWhenNobodyWaits) {
    auto child = start(shell("sleep 1000"));
    const auto pid = (*child)->pid();
    (*child)->signal(SIGKILL);
    child->reset();
    io.run(); // ends when there is nothing left to watch
    EXPECT_EQ(waitpid(pid, nullptr, WNOHANG), -1);
}

TEST_F(ChildProcess, AdoptsAProcessThatSomebodyElseStarted) {
    auto parent = start(shell("sleep 1000 & echo $!")); // its child is left to init
    ASSERT_TRUE(parent);
    ASSERT_TRUE(run_coro(io, (*parent)->wait()));
    auto orphan = child_process::adopt(io.get_executor(), static_cast<pid_t>(std::stoi(out())));
    ASSERT_TRUE(orphan) << orphan.error().message;
    EXPECT_FALSE((*orphan)->ended());
    EXPECT_TRUE((*orphan)->signal(SIGKILL));
    EXPECT_EQ(run_coro(io, (*orphan)->wait()), exit_status{});
    EXPECT_EQ(child_process::adopt(io.get_executor(), 4'000'000).error().code, errc::not_found);
}

} // namespace
} // namespace berth
