// SPDX-License-Identifier: BSD-3-Clause
// berth-keeper: see helper_keeper.hpp. Whoever holds its socket can start the helpers of its command line,
// and nothing else.
#include "daemon/runtime/keeper_message.hpp"
#include "daemon/runtime/spawn.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace berth;

// Of one helper. One that is told to end may finish what it has begun while the next one is started.
constexpr std::size_t most_alive = 4;

struct kept_helper {
    std::vector<std::string> argv;
    std::vector<pid_t> alive = {};
};

// The groups "N word word ..."; empty when the command line is not made of them.
std::vector<kept_helper> read_groups(int argc, char** argv) {
    std::vector<kept_helper> out;
    for (int i = 1; i < argc;) {
        int words = 0;
        const auto end = argv[i] + std::strlen(argv[i]);
        const auto [stopped, error] = std::from_chars(argv[i], end, words);
        if (error != std::errc() || stopped != end || words < 1 || words > argc - i - 1) return {};
        out.push_back({{argv + i + 1, argv + i + 1 + words}});
        i += words + 1;
    }
    return out;
}

// One request: the helper's number and its socket. False: the daemon has gone.
bool receive(int& which, unique_fd& socket) {
    keeper_message m;
    ssize_t got = 0;
    do got = recvmsg(STDIN_FILENO, &m.header, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got <= 0) return false;
    which = m.which;
    const cmsghdr* const head = CMSG_FIRSTHDR(&m.header);
    if (!head || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(int))) return true;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
    socket = unique_fd(fd);
    return true;
}

void start(kept_helper& h, const unique_fd& socket) {
    std::erase_if(h.alive, [](pid_t pid) { return waitpid(pid, nullptr, WNOHANG) != 0; });
    if (h.alive.size() >= most_alive) return;
    const child_options o{.argv = h.argv,
                          .environment = current_environment(),
                          .in = {.fd = socket.get()},
                          .out = {.fd = STDERR_FILENO},
                          .err = {.fd = STDERR_FILENO}};
    const auto made = spawn_process(o);
    if (!made) {
        std::fprintf(stderr, "berth-keeper: %s\n", made.error().message.c_str());
        return;
    }
    h.alive.push_back(made->pid);
    if (const auto runs = await_start(made->started, o); !runs)
        std::fprintf(stderr, "berth-keeper: %s\n", runs.error().message.c_str());
}

} // namespace

int main(int argc, char** argv) {
    auto helpers = read_groups(argc, argv);
    if (helpers.empty()) {
        std::fprintf(stderr, "berth-keeper: started by berth, with the helpers that it may start\n");
        return 64;
    }
    prctl(PR_SET_DUMPABLE, 0);
    for (;;) {
        int which = 0;
        unique_fd socket;
        if (!receive(which, socket)) return 0;
        if (socket && static_cast<std::size_t>(which) < helpers.size())
            start(helpers[static_cast<std::size_t>(which)], socket);
    }
}
