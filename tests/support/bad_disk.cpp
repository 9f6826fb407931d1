// SPDX-License-Identifier: BSD-3-Clause
// A disk that misbehaves on command, for LD_PRELOAD: writes to files whose path begins with BAD_DISK_PATH do
// what the first word of the file BAD_DISK_CONTROL says; without that file, what they always do.
//   EIO, EROFS, ENOSPC   fail so
//   hang                 wait until the file says something else
//   kill N               the Nth write or sync from now on is the process's last: it is killed half way
//   through it
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <unistd.h>

namespace {

template<class F>
F* next(const char* name) {
    return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

std::string order() {
    static const char* const control = std::getenv("BAD_DISK_CONTROL");
    const int fd = control ? open(control, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return "";
    char text[64];
    const auto got = read(fd, text, sizeof text);
    close(fd);
    return {text, static_cast<std::size_t>(got > 0 ? got : 0)};
}

bool is_ours(int fd) {
    static const char* const prefix = std::getenv("BAD_DISK_PATH");
    char link[32], path[4096];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const auto size = readlink(link, path, sizeof path);
    return prefix && size > 0 && std::string_view(path, static_cast<std::size_t>(size)).starts_with(prefix);
}

bool is_last_call(const std::string& wanted) {
    static std::atomic<int> calls = 0;
    return wanted.starts_with("kill") && ++calls >= std::atoi(wanted.c_str() + 4);
}

// 0, or the error with which the call fails. `die`: the process's last call.
int trouble(int fd, bool& die) {
    const int before = errno;
    auto wanted = order();
    if (wanted.empty() || !is_ours(fd)) return errno = before, 0;
    for (; wanted.starts_with("hang"); wanted = order()) usleep(20'000);
    die = is_last_call(wanted);
    errno = before;
    if (wanted.starts_with("EIO")) return EIO;
    if (wanted.starts_with("EROFS")) return EROFS;
    return wanted.starts_with("ENOSPC") ? ENOSPC : 0;
}

template<class Call, class Half>
auto checked(int fd, Call call, Half half) -> decltype(call()) {
    bool die = false;
    if (const int error = trouble(fd, die)) return errno = error, -1;
    if (!die) return call();
    half();
    kill(getpid(), SIGKILL);
    pause();
    return -1;
}

ssize_t write_at(const char* name, int fd, const void* data, size_t size, off_t at) {
    auto* const real = next<ssize_t(int, const void*, size_t, off_t)>(name);
    return checked(fd, [&] { return real(fd, data, size, at); }, [&] { real(fd, data, size / 2, at); });
}

int sync_file(const char* name, int fd) {
    auto* const real = next<int(int)>(name);
    return checked(fd, [&] { return real(fd); }, [] {});
}

} // namespace

extern "C" {
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
    return write_at("pwrite", fd, data, size, at);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
    return write_at("pwrite64", fd, data, size, at);
}
int fdatasync(int fd) { return sync_file("fdatasync", fd); }
int fsync(int fd) { return sync_file("fsync", fd); }
int ftruncate(int fd, off_t size) {
    return checked(fd, [&] { return next<int(int, off_t)>("ftruncate")(fd, size); }, [] {});
}
int ftruncate64(int fd, off64_t size) {
    return checked(fd, [&] { return next<int(int, off64_t)>("ftruncate64")(fd, size); }, [] {});
}
}
