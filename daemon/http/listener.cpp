// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/listener.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace berth::http {
namespace {

constexpr int flags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

std::unexpected<failure> refuse(const std::string& address, int error, std::string_view remedy) {
    const auto code = error == EADDRINUSE ? errc::conflict : errc::io_error;
    return fail(code, fmt::format("cannot listen on {}: {}; {}", address, std::strerror(error), remedy));
}

std::string_view remedy_for(int error) {
    switch (error) {
    case EADDRINUSE:
        return "another program uses this address (`ss -ltnp` shows which); stop it or choose another port";
    case EACCES:
        return "ports below 1024 need root or CAP_NET_BIND_SERVICE; start as root or choose a higher port";
    case EADDRNOTAVAIL: return "this machine has no such address; `ip address` shows those that it has";
    case EAFNOSUPPORT: return "the kernel has IPv6 switched off; use an IPv4 address";
    default: return "check hub.listen";
    }
}

// "host:port" into a socket address; false when it is neither.
bool to_sockaddr(std::string_view text, sockaddr_storage& out, socklen_t& size) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return false;
    const auto digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return false;
    std::string host(text.substr(0, colon));
    if (host.empty() || host == "*") host = "[::]";
    if (host == "localhost") host = "127.0.0.1";
    if (host.front() == '[' && host.back() == ']') {
        auto* v6 = reinterpret_cast<sockaddr_in6*>(&out);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        size = sizeof *v6;
        return ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6->sin6_addr) == 1;
    }
    auto* v4 = reinterpret_cast<sockaddr_in*>(&out);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    size = sizeof *v4;
    return ::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1;
}

std::string host_of(const sockaddr_storage& a) {
    char text[INET6_ADDRSTRLEN] = "";
    if (a.ss_family == AF_INET) {
        ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(a).sin_addr, text, sizeof text);
    } else if (a.ss_family == AF_INET6) {
        const auto& six = reinterpret_cast<const sockaddr_in6&>(a).sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&six))
            ::inet_ntop(AF_INET, six.s6_addr + 12, text, sizeof text);
        else
            ::inet_ntop(AF_INET6, &six, text, sizeof text);
    }
    return text;
}

std::string bound_address(int descriptor) {
    sockaddr_storage a{};
    socklen_t size = sizeof a;
    ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&a), &size);
    if (a.ss_family == AF_UNIX)
        return std::string("unix:") + reinterpret_cast<const sockaddr_un&>(a).sun_path;
    if (a.ss_family == AF_INET6)
        return fmt::format("[{}]:{}", host_of(a), ntohs(reinterpret_cast<const sockaddr_in6&>(a).sin6_port));
    return fmt::format("{}:{}", host_of(a), ntohs(reinterpret_cast<const sockaddr_in&>(a).sin_port));
}

// Whether somebody answers on the socket file.
bool somebody_listens(const sockaddr_un& address) {
    const int probe = ::socket(AF_UNIX, flags, 0);
    const int r = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const bool listens = r == 0 || errno == EAGAIN || errno == EINPROGRESS; // EAGAIN: its queue is full
    ::close(probe);
    return listens;
}

} // namespace

listener::listener(listener&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1))
    , is_unix_(other.is_unix_)
    , bound_(std::move(other.bound_))
    , file_(std::exchange(other.file_, {}))
    , inode_(other.inode_) {}

listener::~listener() {
    if (descriptor_ >= 0) ::close(descriptor_);
    struct stat s{};
    // A successor may have put its own socket in this place already.
    if (!file_.empty() && ::lstat(file_.c_str(), &s) == 0 && s.st_ino == inode_) ::unlink(file_.c_str());
}

int listener::release() { return std::exchange(descriptor_, -1); }

result<listener> listener::open(const std::string& address) {
    if (address.starts_with("unix:")) return open_unix(address.substr(5));
    if (address.starts_with("fd:")) return adopt(address.substr(3));
    return open_tcp(address);
}

result<listener> listener::open_tcp(const std::string& address) {
    sockaddr_storage a{};
    socklen_t size = 0;
    if (!to_sockaddr(address, a, size))
        return fail(
            errc::invalid_argument,
            fmt::format("\"{}\" is not an address to listen on; write \"127.0.0.1:8000\", \"[::]:443\", "
                        "\"unix:/run/berth/http.sock\" or \"fd:3\" (numbers, no host names)",
                        address));
    listener l;
    l.descriptor_ = ::socket(a.ss_family, flags, 0);
    if (l.descriptor_ < 0) return refuse(address, errno, remedy_for(errno));
    const int on = 1;
    ::setsockopt(l.descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(l.descriptor_, reinterpret_cast<sockaddr*>(&a), size) != 0 ||
        ::listen(l.descriptor_, SOMAXCONN) != 0)
        return refuse(address, errno, remedy_for(errno));
    l.bound_ = bound_address(l.descriptor_);
    return l;
}

result<listener> listener::open_unix(const std::string& path) {
    const auto name = "unix:" + path;
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof a.sun_path)
        return fail(errc::invalid_argument,
                    fmt::format("{}: a Unix socket's path has 1 to {} bytes", name, sizeof a.sun_path - 1));
    path.copy(a.sun_path, path.size());
    struct stat s{};
    if (::lstat(path.c_str(), &s) == 0) {
        if (!S_ISSOCK(s.st_mode))
            return refuse(name, EEXIST, "the file is not a socket; remove it or choose another path");
        if (somebody_listens(a))
            return refuse(name, EADDRINUSE, "another process listens there; stop it or choose another path");
        if (::unlink(path.c_str()) != 0)
            return refuse(name, errno, "the stale socket cannot be removed; remove it by hand");
    }
    listener l;
    l.descriptor_ = ::socket(AF_UNIX, flags, 0);
    if (l.descriptor_ < 0) return refuse(name, errno, "check the limit of open files");
    ::fchmod(l.descriptor_, 0600); // before bind: the file is never there with wider rights
    if (::bind(l.descriptor_, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0)
        return refuse(name, errno,
                      "the directory must exist and be writable for the account that Berth runs as");
    if (::lstat(path.c_str(), &s) == 0) l.inode_ = s.st_ino;
    l.file_ = path;
    ::chmod(path.c_str(), 0600);
    if (::listen(l.descriptor_, SOMAXCONN) != 0) return refuse(name, errno, "check hub.listen");
    l.is_unix_ = true;
    l.bound_ = name;
    return l;
}

result<listener> listener::adopt(const std::string& number) {
    int descriptor = -1;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), descriptor);
    int listening = 0;
    socklen_t size = sizeof listening;
    if (read.ec != std::errc() || read.ptr != number.data() + number.size() || descriptor < 0 ||
        ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0)
        return fail(errc::invalid_argument,
                    fmt::format("\"fd:{}\" is not a listening socket; it is for sockets that the service "
                                "manager opens (systemd's start with fd:3)",
                                number));
    listener l;
    // A copy, so that opening and closing a listener leaves the supervisor's socket as it was.
    l.descriptor_ = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    if (l.descriptor_ < 0) return refuse("fd:" + number, errno, "check the limit of open files");
    ::fcntl(l.descriptor_, F_SETFL, ::fcntl(l.descriptor_, F_GETFL) | O_NONBLOCK);
    l.bound_ = bound_address(l.descriptor_);
    l.is_unix_ = l.bound_.starts_with("unix:");
    return l;
}

accepted accept_one(int descriptor) {
    sockaddr_storage a{};
    socklen_t size = sizeof a;
    accepted out;
    out.descriptor =
        ::accept4(descriptor, reinterpret_cast<sockaddr*>(&a), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (out.descriptor < 0) {
        out.error = errno;
        return out;
    }
    if (a.ss_family == AF_UNIX) return out;
    const int on = 1;
    ::setsockopt(out.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    out.peer = host_of(a);
    return out;
}

} // namespace berth::http
