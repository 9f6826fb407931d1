// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/watchdog.hpp"

#include "daemon/runtime/spawn.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>

namespace berth::config {

void notify_watchdog() {
    const char* where = std::getenv("NOTIFY_SOCKET");
    const std::string_view path = where ? where : "";
    sockaddr_un to{};
    if (path.size() < 2 || path.size() >= sizeof to.sun_path) return;
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, path.data(), path.size());
    if (path[0] == '@') to.sun_path[0] = '\0'; // an abstract address
    const unique_fd s(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    constexpr std::string_view text = "WATCHDOG=1";
    if (s)
        ::sendto(s.get(), text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size()));
}

} // namespace berth::config
