// SPDX-License-Identifier: BSD-3-Clause
// A request to berth-keeper (helper_keeper.hpp) as sendmsg and recvmsg take it: a byte, and room for one
// descriptor.
#pragma once

#include <sys/socket.h>

namespace berth {

struct keeper_message {
    keeper_message() {
        header.msg_iov = &data;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
    }
    keeper_message(const keeper_message&) = delete;
    keeper_message& operator=(const keeper_message&) = delete;

    unsigned char which = 0;
    iovec data{&which, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr header{};
};

} // namespace berth
