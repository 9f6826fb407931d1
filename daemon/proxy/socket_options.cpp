// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/socket_options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace berth::proxy {
namespace {

void set(int fd, int level, int name, int value) { setsockopt(fd, level, name, &value, sizeof value); }

} // namespace

void set_tcp_options(int fd) {
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
    set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 120'000);
}

} // namespace berth::proxy
