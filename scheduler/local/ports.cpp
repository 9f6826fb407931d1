// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/local/ports.hpp"

#include "daemon/runtime/spawn.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <vector>

namespace berth::scheduler {
namespace {

// A port that nobody uses now, held by the descriptor; 0 when there is none.
int bind_any(unique_fd& fd) {
    fd = unique_fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (!fd || bind(fd.get(), reinterpret_cast<sockaddr*>(&at), size) != 0) return 0;
    if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size) != 0) return 0;
    return ntohs(at.sin_port);
}

} // namespace

result<int> port_pool::take() {
    std::scoped_lock lock(mutex_);
    std::vector<unique_fd> refused; // held until one fits, so that the kernel does not offer them again
    for (int tries = 0; tries < 1000; ++tries) {
        unique_fd fd;
        const int port = bind_any(fd);
        if (port == 0) break;
        if (taken_.insert(port).second) return port;
        refused.push_back(std::move(fd));
    }
    return fail(errc::unavailable, std::string("This machine has no free port: ") + std::strerror(errno));
}

void port_pool::keep(int port) {
    std::scoped_lock lock(mutex_);
    if (port > 0) taken_.insert(port);
}

void port_pool::release(int port) {
    std::scoped_lock lock(mutex_);
    taken_.erase(port);
}

} // namespace berth::scheduler
