// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/data_dir.hpp"

#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/secret_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <grp.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace berth::config {
namespace {

// A Unix socket's path has room for 107 bytes; the longest name here is "/proxy.sock".
constexpr std::size_t longest_path = 90;

// While it lives, files are touched as the account that the daemon will be, so that they are that account's from the
// start. Before any thread exists: the effective ids are the whole process's.
class acting_as {
  public:
    explicit acting_as(const std::optional<account>& a) : active_(a && ::geteuid() == 0) {
        if (active_ && (::setegid(a->gid) != 0 || ::seteuid(a->uid) != 0)) std::terminate();
    }
    ~acting_as() {
        if (active_ && (::seteuid(0) != 0 || ::setegid(0) != 0)) std::terminate();
    }
    acting_as(const acting_as&) = delete;
    acting_as& operator=(const acting_as&) = delete;

  private:
    bool active_;
};

// A directory that only root can make is made by root and given away.
result<void> make_directory(const std::string& path, const std::optional<account>& owner) {
    if (owner && ::geteuid() == 0 && ::mkdir(path.c_str(), 0700) == 0 && ::chown(path.c_str(), owner->uid, owner->gid) != 0)
        return fail(errc::io_error, fmt::format("{}: cannot be given to {}: {}", path, owner->name, std::strerror(errno)));
    const acting_as as(owner);
    return make_private_directory(path);
}

// A file that the configuration names may be the account's or root's.
result<secret> read_configured(const std::string& path, const std::optional<account>& owner) {
    {
        const acting_as as(owner);
        if (auto value = read_secret_file(path)) return value;
    }
    return read_secret_file(path);
}

result<secret> keep(const std::string& path, const std::optional<account>& owner) {
    const acting_as as(owner);
    return read_or_create_secret(path);
}

result<secret> proxy_token(const configuration& c, const data_dir& d, const std::optional<account>& owner) {
    if (!c.proxy.api_token_file.empty()) return read_configured(c.proxy.api_token_file, owner);
    if (const char* token = std::getenv("CONFIGPROXY_AUTH_TOKEN"); token && *token) return secret(token);
    return keep(d.file("proxy_token"), owner);
}

result<std::string> read_hub_id(const data_dir& d, const std::optional<account>& owner) {
    const acting_as as(owner);
    const auto path = d.file("hub_id");
    if (auto known = read_file(path, 64)) {
        const auto id = std::string(trim(*known));
        if (id.size() == 8 && id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos) return id;
        return fail(errc::io_error, fmt::format("{}: is damaged; it must hold 8 letters or digits. Restore it from a backup: running jobs are "
                                                "found by it", path));
    } else if (known.error().code != errc::not_found) {
        return fail(known.error());
    }
    const auto id = random_hex(4);
    if (auto ok = write_file(path, id + "\n"); !ok) return fail(ok.error());
    return id;
}

// A hub that was killed may have been starting a program: the child holds the lock until it is that program.
bool lock_soon(int fd) {
    for (int i = 0; i < 20; ++i) {
        if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
        ::usleep(50'000);
    }
    return false;
}

} // namespace

result<std::optional<account>> find_account(const std::string& name) {
    if (name.empty()) return std::optional<account>();
    std::vector<char> buffer(16384);
    passwd entry{}, *found = nullptr;
    ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (!found) return fail(errc::not_found, fmt::format("[hub] user: there is no account \"{0}\"; make it: useradd --system {0}", name));
    return std::optional(account{name, found->pw_uid, found->pw_gid});
}

result<data_dir> open_data_dir(const configuration& c, const std::optional<account>& owner) {
    data_dir d;
    d.path = std::filesystem::absolute(c.hub.data_dir).lexically_normal().string();
    while (d.path.size() > 1 && d.path.ends_with('/')) d.path.pop_back();
    if (d.path.size() > longest_path)
        return fail(errc::invalid_argument, fmt::format("[hub] data_dir: {} is longer than {} bytes, too long for the sockets in it", d.path, longest_path));
    if (auto ok = make_directory(d.path, owner); !ok) return fail(ok.error());
    d.database = c.hub.database.empty() ? "sqlite:" + d.file("berth.sqlite") : c.hub.database;
    auto cookie = c.cookie_secret_file.empty() ? keep(d.file("cookie_secret"), owner) : read_configured(c.cookie_secret_file, owner);
    if (!cookie) return fail(cookie.error());
    d.cookie_secret = std::move(*cookie);
    auto admin = keep(d.file("admin_token"), owner);
    if (!admin) return fail(admin.error());
    d.admin_token = std::move(*admin);
    auto token = proxy_token(c, d, owner);
    if (!token) return fail(token.error());
    d.proxy_token = std::move(*token);
    auto id = read_hub_id(d, owner);
    if (!id) return fail(id.error());
    d.hub_id = std::move(*id);
    return d;
}

result<unique_fd> lock_hub(const data_dir& d, const std::optional<account>& owner) {
    const acting_as as(owner);
    const auto path = d.file("hub.pid");
    unique_fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) return fail(errc::io_error, fmt::format("{}: {}", path, std::strerror(errno)));
    if (!lock_soon(fd.get())) {
        const auto other = running_hub(d);
        return fail(errc::conflict, fmt::format("a hub is running on {} already (process {}); stop it first: berth stop", d.path, other.value_or(0)));
    }
    const auto text = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
        return fail(errc::io_error, fmt::format("{}: {}", path, std::strerror(errno)));
    return fd;
}

std::optional<pid_t> running_hub(const data_dir& d) {
    unique_fd fd(::open(d.file("hub.pid").c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd || ::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return std::nullopt; // nobody holds it
    char text[32] = {};
    const auto n = ::pread(fd.get(), text, sizeof text - 1, 0);
    pid_t pid = 0;
    std::from_chars(text, text + std::max<ssize_t>(n, 0), pid);
    return pid > 0 ? std::optional(pid) : std::nullopt;
}

result<void> become(const account& a) {
    if (::geteuid() != 0) return {};
    if (::initgroups(a.name.c_str(), a.gid) != 0 || ::setgid(a.gid) != 0 || ::setuid(a.uid) != 0)
        return fail(errc::io_error, fmt::format("cannot become {}: {}", a.name, std::strerror(errno)));
    if (a.uid != 0 && ::setuid(0) == 0) return fail(errc::internal, "root was not given up for good");
    return {};
}

} // namespace berth::config
