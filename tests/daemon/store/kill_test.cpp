// SPDX-License-Identifier: BSD-3-Clause
// What was acknowledged is there after the process was killed.
#include "tests/daemon/store/fixture.hpp"

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace berth::store {
namespace {

class Killed : public store_fixture {
  protected:
    boost::asio::awaitable<void> acknowledge_forever(int to) {
        for (std::int64_t i = 0;; ++i) {
            const auto done = co_await db->commit({insert("n" + std::to_string(i), i)});
            if (!done || write(to, &i, sizeof i) != sizeof i) _exit(1);
        }
    }
    // Reads acknowledgements until the child dies, and kills it after `count` of them.
    std::int64_t kill_after(std::int64_t count) {
        int ends[2];
        if (pipe(ends) != 0) return -1;
        const pid_t child = fork();
        if (child == 0) {
            open_people();
            boost::asio::co_spawn(io, acknowledge_forever(ends[1]),
                                  [](const std::exception_ptr&) { _exit(1); });
            io.run();
            _exit(1);
        }
        close(ends[1]);
        std::int64_t last = -1;
        for (std::int64_t i = 0; read(ends[0], &i, sizeof i) == sizeof i; last = i)
            if (i == count) kill(child, SIGKILL);
        close(ends[0]);
        int status = 0;
        waitpid(child, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status));
        return last;
    }
};

TEST_F(Killed, LosesNothingAcknowledged) {
    const auto last = kill_after(40);
    ASSERT_GE(last, 40);
    open_people();
    const auto found = ages();
    for (std::int64_t i = 0; i <= last; ++i)
        ASSERT_TRUE(found.contains("n" + std::to_string(i))) << i << " of " << last;
    EXPECT_LE(found.size(), static_cast<std::size_t>(last) + 2); // one more may have been under way
    EXPECT_TRUE(run(db->commit({insert("after", 1)})));
}

} // namespace
} // namespace berth::store
