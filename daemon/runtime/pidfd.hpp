// SPDX-License-Identifier: BSD-3-Clause
// pidfd_open and pidfd_send_signal. glibc 2.36 declares them without the linkage that C++ needs.
#pragma once

#include <fcntl.h>
#include <sys/types.h>

extern "C" {
#include <sys/pidfd.h>
}
