// SPDX-License-Identifier: BSD-3-Clause
// Starting a program: what the daemon's child_process and the privileged helpers share. Without Asio.
#pragma once

#include "daemon/runtime/result.hpp"

#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace berth {

// A file descriptor that closes itself.
class unique_fd {
  public:
    unique_fd() = default;
    explicit unique_fd(int fd) : fd_(fd) {}
    unique_fd(unique_fd&& other) noexcept : fd_(other.release()) {}
    unique_fd& operator=(unique_fd&& other) noexcept;
    ~unique_fd() { reset(); }
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }
    void reset();

  private:
    int fd_ = -1;
};

// Where a standard stream of the new process goes: to a descriptor of ours, to a file (appended to; made with
// mode 0600 as the process's own user), or, with neither, to /dev/null.
struct child_stream {
    int fd = -1;
    std::string file = {};
};

struct child_identity {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups = {}; // supplementary
};

struct child_options {
    std::vector<std::string> argv;                       // argv[0] is an absolute path; nothing is looked up
    std::map<std::string, std::string> environment = {}; // all of it
    std::string directory = {};                          // ours when empty
    child_stream in = {}, out = {}, err = {};
    std::optional<child_identity> identity = std::nullopt; // ours when absent; else needs root
    bool caller_waits = false;                             // see spawn_process
};

struct spawned {
    pid_t pid = -1;
    unique_fd pidfd;
    unique_fd started; // see await_start
};

// Forks and executes in a session of its own, with signals at their defaults and every other descriptor
// closed. Does not wait for the program to be found: `started` tells. io_error when the process cannot be
// made, invalid_argument for an argv[0] that is not absolute or a text that holds NUL.
//
// With `caller_waits` the calling thread stands still until the program runs; in return nothing of our memory
// is copied, and the other threads do not fault on every page that they write to. For threads that may block,
// where many processes are started. An identity cannot be changed in this way: then it is ignored.
result<spawned> spawn_process(const child_options& options);

// Reads `started`; blocks until the program runs. Success, or why the program could not be
// started, naming the step and the file. The process is gone then and has still to be waited for.
result<void> await_start(const unique_fd& started, const child_options& options);

// This process's environment.
std::map<std::string, std::string> current_environment();

} // namespace berth
