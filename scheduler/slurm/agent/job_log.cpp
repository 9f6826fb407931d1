// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/agent/job_log.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace berth::slurm_agent {
namespace {

constexpr std::size_t logs_kept = 50;
constexpr std::size_t longest_tail = 256 * 1024;

struct descriptor {
    explicit descriptor(int n) : fd(n) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() {
        if (fd >= 0) close(fd);
    }
    int fd;
};

std::unexpected<failure> refuse(const account& a, const std::string& what, int error) {
    return fail(errc::invalid_argument, fmt::format("{} {}: {}; a job of {} cannot start without it", what,
                                                    a.home, std::strerror(error), a.name));
}

// The log directory, open; it must be the user's own and no link.
int open_directory(const account& a) {
    const descriptor home(open(a.home.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (home.fd < 0) return -1;
    if (mkdirat(home.fd, ".berth", 0700) != 0 && errno != EEXIST) return -1;
    const int dir = openat(home.fd, ".berth", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st{};
    if (dir >= 0 && fstat(dir, &st) == 0 && st.st_uid == a.uid) {
        fchmod(dir, 0700);
        return dir;
    }
    const int error = dir < 0 ? errno : EPERM;
    if (dir >= 0) close(dir);
    errno = error;
    return -1;
}

void remove_old_logs(int dir, const std::string& prefix) {
    DIR* listing = fdopendir(dup(dir));
    if (!listing) return;
    std::vector<std::pair<time_t, std::string>> logs;
    while (const dirent* entry = readdir(listing)) {
        const std::string name = entry->d_name;
        struct stat st{};
        if (name.starts_with(prefix) && name.ends_with(".log") &&
            fstatat(dir, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0)
            logs.emplace_back(st.st_mtime, name);
    }
    closedir(listing);
    if (logs.size() <= logs_kept) return;
    std::ranges::sort(logs, std::greater{});
    for (std::size_t i = logs_kept; i < logs.size(); ++i) unlinkat(dir, logs[i].second.c_str(), 0);
}

std::string tail_of(int fd, std::size_t most) {
    struct stat st{};
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return "";
    const auto size = static_cast<std::size_t>(st.st_size);
    std::string text(std::min(size, most), '\0');
    const auto got = pread(fd, text.data(), text.size(), static_cast<off_t>(size - text.size()));
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (text.size() < size) { // from a line's beginning
        const auto line = text.find('\n');
        if (line != std::string::npos && line + 1 < text.size()) text.erase(0, line + 1);
    }
    return text;
}

} // namespace

result<std::string> prepare_log(const settings& s, const account& a, const std::string& job_name) {
    const acting_as user(a);
    if (!user.able()) return a.home + "/." + job_name + ".log";
    if (faccessat(AT_FDCWD, a.home.c_str(), X_OK, AT_EACCESS) != 0)
        return refuse(a, "the home directory", errno);
    const descriptor dir(open_directory(a));
    if (dir.fd < 0) return refuse(a, "the log directory .berth in", errno);
    const auto name = job_name + ".log";
    const descriptor log(
        openat(dir.fd, name.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
    if (log.fd < 0) return refuse(a, "the job's log in .berth in", errno);
    remove_old_logs(dir.fd, s.prefix);
    return a.home + "/.berth/" + name;
}

void discard_log(const account& a, const std::string& log) {
    const acting_as user(a);
    struct stat st{};
    if (user.able() && lstat(log.c_str(), &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
        unlink(log.c_str());
}

answer log_tail(const settings& s, const nlohmann::json& arguments) {
    const auto job_name = arguments.at("job_name").get<std::string>();
    if (const auto mine = check_job_name(s, job_name); !mine) return fail(mine.error());
    const auto a = find_account(s, arguments.at("user").get<std::string>());
    if (!a) return fail(a.error());
    const acting_as user(*a);
    if (!user.able()) return nlohmann::json{{"text", ""}};
    const descriptor dir(
        open((a->home + "/.berth").c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    const descriptor log(dir.fd < 0 ? -1
                                    : openat(dir.fd, (job_name + ".log").c_str(),
                                             O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (log.fd < 0) return nlohmann::json{{"text", ""}};
    const auto most = std::min<std::size_t>(arguments.value("max_bytes", std::size_t{4096}), longest_tail);
    return nlohmann::json{{"text", tail_of(log.fd, most)}};
}

} // namespace berth::slurm_agent
