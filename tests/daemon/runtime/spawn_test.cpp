// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/spawn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace berth {
namespace {

// Both ways to make a process must look the same from outside.
class spawn : public testing::TestWithParam<bool> {
  protected:
    child_options shell(const std::string& script) const {
        child_options o;
        o.argv = {"/bin/sh", "-c", script};
        o.environment = {{"PATH", "/usr/bin:/bin"}, {"GREETING", "hello"}};
        o.caller_waits = GetParam();
        return o;
    }

    // What it wrote; its status is left in `status`.
    std::string output_of(child_options o) {
        int ends[2];
        EXPECT_EQ(pipe(ends), 0);
        unique_fd in(ends[0]), out(ends[1]);
        o.out.fd = out.get();
        const auto made = spawn_process(o);
        EXPECT_TRUE(made) << made.error().message;
        out.reset();
        EXPECT_TRUE(await_start(made->started, o));
        std::string text;
        char buffer[256];
        for (ssize_t n; (n = read(in.get(), buffer, sizeof buffer)) > 0;)
            text.append(buffer, static_cast<std::size_t>(n));
        EXPECT_EQ(waitpid(made->pid, &status, 0), made->pid);
        return text;
    }

    int status = -1;
};

TEST_P(spawn, runs_with_its_own_environment_directory_and_session) {
    auto o = shell("echo $GREETING; pwd; test $(cut -d' ' -f6 /proc/$$/stat) -eq $$ && echo own session");
    o.directory = "/usr";
    EXPECT_EQ(output_of(o), "hello\n/usr\nown session\n");
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST_P(spawn, has_no_signal_blocked_or_handled_and_ours_stay) {
    sigset_t blocked, after;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
    const auto handler = std::signal(SIGTERM, SIG_IGN);
    EXPECT_EQ(output_of(shell("kill -TERM $$; echo still here")), "");
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    EXPECT_EQ(std::signal(SIGTERM, handler), SIG_IGN);
    pthread_sigmask(SIG_UNBLOCK, &blocked, &after);
    EXPECT_EQ(sigismember(&after, SIGUSR1), 1);
    EXPECT_EQ(sigismember(&after, SIGUSR2), 0);
}

TEST_P(spawn, what_cannot_be_started_says_why) {
    auto o = shell("");
    o.argv = {"/usr/bin/there-is-no-such-program"};
    const auto made = spawn_process(o);
    ASSERT_TRUE(made);
    const auto runs = await_start(made->started, o);
    waitpid(made->pid, nullptr, 0);
    ASSERT_FALSE(runs);
    EXPECT_EQ(runs.error().code, errc::not_found);
    EXPECT_THAT(runs.error().message, testing::HasSubstr("there-is-no-such-program cannot be executed"));
}

TEST_P(spawn, keeps_no_descriptor_but_its_streams) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0); // not close-on-exec
    const unique_fd in(ends[0]), out(ends[1]);
    EXPECT_EQ(output_of(shell("exec ls /proc/self/fd")), "0\n1\n2\n3\n"); // 3: that folder
}

INSTANTIATE_TEST_SUITE_P(both_ways, spawn, testing::Bool());

} // namespace
} // namespace berth
