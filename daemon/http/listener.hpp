// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"

#include <string>
#include <sys/types.h>

namespace berth::http {

// A bound, listening, non-blocking socket. Owns the descriptor and, for Unix sockets that it made, the file.
class listener {
  public:
    // "127.0.0.1:8000", "[::]:443", ":8000" (every address), "localhost:0", "unix:/path" (mode 0600; a file
    // that nobody listens on is replaced), "fd:3" (already listening, from a supervisor). Failures name the
    // address and a remedy.
    static result<listener> open(const std::string& address);

    listener(listener&& other) noexcept;
    listener& operator=(listener&&) = delete;
    ~listener();

    int descriptor() const { return descriptor_; }
    int release(); // the caller closes the descriptor; the file stays with the listener
    bool is_unix() const { return is_unix_; }
    const std::string& bound() const { return bound_; } // "127.0.0.1:34567", "unix:/path"

  private:
    listener() = default;
    static result<listener> open_tcp(const std::string& address);
    static result<listener> open_unix(const std::string& path);
    static result<listener> adopt(const std::string& number);

    int descriptor_ = -1;
    bool is_unix_ = false;
    std::string bound_;
    std::string file_; // removed at the end if it is still ours
    ino_t inode_ = 0;
};

// An accepted socket: non-blocking, close-on-exec, without Nagle's delay.
struct accepted {
    int descriptor = -1; // -1: none; `error` tells why (EAGAIN: nobody waits)
    int error = 0;
    std::string peer; // "192.0.2.7"; empty for Unix sockets
};
accepted accept_one(int descriptor);

} // namespace berth::http
