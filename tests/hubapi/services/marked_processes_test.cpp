// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/services/marked_processes.hpp"

#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/spawn.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>

namespace berth::hub {
namespace {

// A shell with this in its environment, reaped at the end of the test.
class shell {
  public:
    shell(std::string mark, std::string script) {
        child_options o;
        o.argv = {"/bin/sh", "-c", std::move(script)};
        o.environment = {{"PATH", "/usr/bin:/bin"}, {"MARK", std::move(mark)}};
        auto made = spawn_process(o);
        EXPECT_TRUE(made && await_start(made->started, o));
        if (made) pid_ = made->pid;
    }
    shell(const shell&) = delete;
    shell& operator=(const shell&) = delete;
    ~shell() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

  private:
    pid_t pid_ = -1;
};

TEST(marked_processes, ends_those_with_the_mark_and_nobody_else) {
    const auto mark = random_hex(8);
    const shell mine(mark + "/a", "sleep 100"), deaf(mark + "/a", "trap '' TERM; while :; do sleep 1; done"),
        other(mark + "/ab", "sleep 100");
    EXPECT_GE(end_marked("MARK=" + mark + "/a", std::chrono::milliseconds(200)), 2u);
    EXPECT_EQ(count_marked("MARK=" + mark + "/a"), 0u);
    EXPECT_GE(count_marked("MARK=" + mark + "/ab"), 1u);
    EXPECT_GE(end_marked("MARK=" + mark + "/", std::chrono::milliseconds(200), true), 1u);
    EXPECT_EQ(count_marked("MARK=" + mark, true), 0u);
}

TEST(marked_processes, nobody_is_no_trouble) {
    EXPECT_EQ(end_marked("MARK=" + random_hex(8), std::chrono::seconds(5)), 0u);
}

} // namespace
} // namespace berth::hub
