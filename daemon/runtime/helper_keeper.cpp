// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/helper_keeper.hpp"

#include "daemon/runtime/keeper_message.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace berth {
namespace {

constexpr std::size_t most_helpers = 200;

} // namespace

result<std::unique_ptr<helper_keeper>> helper_keeper::start(const std::string& program,
                                                            const std::vector<helper_command>& helpers) {
    if (helpers.size() > most_helpers)
        return fail(errc::invalid_argument, fmt::format("more than {} privileged helpers", most_helpers));
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return fail(errc::io_error, fmt::format("no socket for the keeper: {}", std::strerror(errno)));
    unique_fd ours(ends[0]), theirs(ends[1]);
    child_options o{.argv = {program},
                    .environment = current_environment(),
                    .in = {.fd = theirs.get()},
                    .out = {.fd = STDERR_FILENO},
                    .err = {.fd = STDERR_FILENO}};
    for (const auto& words : helpers) {
        o.argv.push_back(std::to_string(words.size()));
        o.argv.insert(o.argv.end(), words.begin(), words.end());
    }
    const auto made = spawn_process(o);
    if (!made) return fail(made.error());
    if (const auto runs = await_start(made->started, o); !runs) {
        waitpid(made->pid, nullptr, 0);
        return fail(runs.error());
    }
    return std::unique_ptr<helper_keeper>(new helper_keeper(std::move(ours)));
}

result<void> helper_keeper::start_helper(std::size_t which, int socket) const {
    keeper_message m;
    m.which = static_cast<unsigned char>(which);
    cmsghdr* const head = CMSG_FIRSTHDR(&m.header);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(head), &socket, sizeof(int));
    if (sendmsg(socket_.get(), &m.header, MSG_NOSIGNAL | MSG_DONTWAIT) == 1) return {};
    return fail(errc::unavailable,
                fmt::format("berth-keeper cannot be asked to start it again ({}): restart berth",
                            std::strerror(errno)));
}

} // namespace berth
