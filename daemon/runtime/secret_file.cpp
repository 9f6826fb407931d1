// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/secret_file.hpp"

#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/spawn.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace berth {
namespace {

constexpr std::size_t max_secret = 64 << 10;

std::unexpected<failure> fail_errno(const std::string& what, const std::string& path) {
    const int error = errno;
    return fail(error == ENOENT                     ? errc::not_found
                : error == EACCES || error == EPERM ? errc::denied
                                                    : errc::io_error,
                fmt::format("{} {}: {}", path, what, std::strerror(error)));
}

result<std::string> read_all(int fd, const std::string& path, std::size_t limit) {
    std::string out;
    char buffer[16384];
    for (;;) {
        const auto got = ::read(fd, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("cannot be read", path);
        if (got == 0) break;
        out.append(buffer, static_cast<std::size_t>(got));
        if (out.size() > limit)
            return fail(errc::limit_exceeded, fmt::format("{} is larger than {} bytes", path, limit));
    }
    explicit_bzero(buffer, sizeof buffer);
    return out;
}

std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

bool owns_directory_of(const std::string& path, uid_t uid) {
    struct stat info{};
    return ::stat(directory_of(path).c_str(), &info) == 0 && info.st_uid == uid;
}

result<void> check_owner(const struct stat& info, const std::string& path) {
    const bool ours = info.st_uid == geteuid() || info.st_uid == 0 ||
                      (geteuid() == 0 && owns_directory_of(path, info.st_uid));
    if (!ours)
        return fail(errc::denied,
                    fmt::format("{} belongs to uid {}, this program runs as uid {}: chown {} {}", path,
                                info.st_uid, geteuid(), geteuid(), path));
    return {};
}

result<void> sync_directory(const std::string& path) {
    const auto directory = directory_of(path);
    const unique_fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || fsync(fd.get()) != 0) return fail_errno("cannot be made durable", directory);
    return {};
}

// A new file beside `path` with the content on disk: its name.
result<std::string> write_beside(const std::string& path, std::string_view content, unsigned mode) {
    const auto name = path + "." + random_hex(8) + ".new";
    const unique_fd fd(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!fd) return fail_errno("cannot be made", path);
    bool good = fchmod(fd.get(), mode) == 0; // whatever the umask
    while (good && !content.empty()) {
        const auto n = ::write(fd.get(), content.data(), content.size());
        if (n >= 0)
            content.remove_prefix(static_cast<std::size_t>(n));
        else
            good = errno == EINTR;
    }
    if (good && fsync(fd.get()) == 0) return name;
    auto failed = fail_errno("cannot be written", path);
    ::unlink(name.c_str());
    return failed;
}

result<void> create_secret_file(const std::string& path, std::size_t bytes) {
    const auto made = write_beside(path, random_hex(bytes) + "\n", 0600);
    if (!made) return fail(made.error());
    const bool linked =
        ::link(made->c_str(), path.c_str()) == 0 || errno == EEXIST; // unlike rename, never replaces
    const auto failed = linked ? result<void>{} : fail_errno("cannot be made", path);
    ::unlink(made->c_str());
    if (!failed) return failed;
    return sync_directory(path);
}

} // namespace

result<secret> read_secret_file(const std::string& path) {
    const unique_fd fd(
        ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)); // a FIFO would wait for its writer
    if (!fd) return fail_errno("cannot be opened", path);
    struct stat info{};
    if (fstat(fd.get(), &info) != 0) return fail_errno("cannot be examined", path);
    if (!S_ISREG(info.st_mode)) return fail(errc::invalid_argument, path + " is not a file");
    if (const auto own = check_owner(info, path); !own) return fail(own.error());
    if ((info.st_mode & 0077) != 0)
        return fail(errc::denied,
                    fmt::format("{} holds a secret and may be used by others (mode {:04o}): chmod 600 {}",
                                path, info.st_mode & 07777, path));
    auto content = read_all(fd.get(), path, max_secret);
    if (!content && content.error().code == errc::limit_exceeded)
        return fail(errc::invalid_argument, content.error().message);
    if (!content) return fail(content.error());
    secret out{std::string(trim(*content))};
    explicit_bzero(content->data(), content->size());
    if (out.empty())
        return fail(errc::invalid_argument,
                    path + " is empty: write the secret into it, or remove it to have a new one made");
    return out;
}

result<secret> read_or_create_secret(const std::string& path, std::size_t bytes) {
    auto found = read_secret_file(path);
    if (found || found.error().code != errc::not_found) return found;
    if (const auto made = create_secret_file(path, bytes); !made) return fail(made.error());
    return read_secret_file(path);
}

result<void> make_private_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) == 0) return sync_directory(path);
    if (errno != EEXIST) return fail_errno("cannot be made", path);
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return fail_errno("cannot be examined", path);
    if (!S_ISDIR(info.st_mode)) return fail(errc::invalid_argument, path + " is not a directory");
    if (info.st_uid != geteuid() && geteuid() != 0)
        return fail(errc::denied,
                    fmt::format("{} belongs to uid {}, this program runs as uid {}: chown {} {}", path,
                                info.st_uid, geteuid(), geteuid(), path));
    if ((info.st_mode & 0022) != 0)
        return fail(errc::denied, fmt::format("{} may be written in by others (mode {:04o}): chmod 700 {}",
                                              path, info.st_mode & 07777, path));
    return {};
}

result<std::string> read_file(const std::string& path, std::size_t limit) {
    const unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return fail_errno("cannot be opened", path);
    return read_all(fd.get(), path, limit);
}

result<void> write_file(const std::string& path, std::string_view content, unsigned mode) {
    const auto made = write_beside(path, content, mode);
    if (!made) return fail(made.error());
    if (::rename(made->c_str(), path.c_str()) != 0) {
        auto failed = fail_errno("cannot be replaced", path);
        ::unlink(made->c_str());
        return failed;
    }
    return sync_directory(path);
}

} // namespace berth
