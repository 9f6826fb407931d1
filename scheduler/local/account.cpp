// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/local/account.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace berth::scheduler {

result<void> prepare_account(const std::string& user, std::optional<child_identity>& identity) {
    if (user.empty()) return {};
    const passwd* pw = getpwnam(user.c_str());
    if (!pw) return fail(errc::not_found, fmt::format("There is no account \"{}\" on this machine", user));
    if (pw->pw_uid == 0) return fail(errc::denied, fmt::format("Servers do not run as \"{}\"", user));
    child_identity who{pw->pw_uid, pw->pw_gid};
    int count = 64;
    who.groups.resize(static_cast<std::size_t>(count));
    if (getgrouplist(user.c_str(), pw->pw_gid, who.groups.data(), &count) < 0) {
        who.groups.resize(static_cast<std::size_t>(count));
        if (getgrouplist(user.c_str(), pw->pw_gid, who.groups.data(), &count) < 0)
            return fail(errc::io_error, fmt::format("The groups of \"{}\" cannot be read", user));
    }
    who.groups.resize(static_cast<std::size_t>(count));
    identity = std::move(who);
    return {};
}

result<void> make_home(const std::string& path, const std::optional<child_identity>& identity) {
    for (std::size_t slash = path.find('/', 1); slash != path.npos; slash = path.find('/', slash + 1))
        if (mkdir(path.substr(0, slash).c_str(), 0755) != 0 && errno != EEXIST)
            return fail(errc::io_error, fmt::format("{}: {}", path.substr(0, slash), std::strerror(errno)));
    if (mkdir(path.c_str(), 0700) != 0) {
        if (errno == EEXIST) return {};
        return fail(errc::io_error, fmt::format("{}: {}", path, std::strerror(errno)));
    }
    if (!identity) return {};
    unique_fd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd || fchown(fd.get(), identity->uid, identity->gid) != 0)
        return fail(errc::io_error, fmt::format("{}: {}", path, std::strerror(errno)));
    return {};
}

bool same_program(pid_t pid) {
    struct stat ours{}, theirs{};
    return stat("/proc/self/exe", &ours) == 0 &&
           stat(fmt::format("/proc/{}/exe", pid).c_str(), &theirs) == 0 && ours.st_dev == theirs.st_dev &&
           ours.st_ino == theirs.st_ino;
}

std::optional<uid_t> owner_of(pid_t pid) {
    struct stat s{};
    if (stat(fmt::format("/proc/{}", pid).c_str(), &s) != 0) return std::nullopt;
    return s.st_uid;
}

} // namespace berth::scheduler
