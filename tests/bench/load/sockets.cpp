// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/load/sockets.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace berth::bench {
namespace {

constexpr int events_at_once = 256;

[[noreturn]] void give_up(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

int checked(int value, const char* what) {
    if (value < 0) give_up(what);
    return value;
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

descriptor stream_socket() {
    descriptor s(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    const int on = 1;
    ::setsockopt(s.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return s;
}

} // namespace

descriptor& descriptor::operator=(descriptor&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = other.release();
    }
    return *this;
}

int descriptor::release() { return std::exchange(fd_, -1); }

void descriptor::close() {
    if (fd_ >= 0) ::close(release());
}

descriptor connect_to(std::uint16_t port) {
    auto s = stream_socket();
    const auto a = loopback(port);
    checked(::connect(s.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a), "connect");
    return s;
}

descriptor listen_on(std::uint16_t port) {
    auto s = stream_socket();
    const int on = 1;
    ::setsockopt(s.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const auto a = loopback(port);
    checked(::bind(s.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a), "bind");
    checked(::listen(s.get(), 4096), "listen");
    return s;
}

std::uint16_t port_of(int listener) {
    sockaddr_in a{};
    socklen_t size = sizeof a;
    checked(::getsockname(listener, reinterpret_cast<sockaddr*>(&a), &size), "getsockname");
    return ntohs(a.sin_port);
}

void make_nonblocking(int fd) { checked(::fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl"); }

void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) give_up("send");
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

std::string read_head(int fd, std::string& rest) {
    std::string head;
    char buffer[4096];
    for (;;) {
        if (const auto end = head.find("\r\n\r\n"); end != std::string::npos) {
            rest = head.substr(end + 4);
            head.resize(end + 4);
            return head;
        }
        const auto n = ::recv(fd, buffer, sizeof buffer, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) give_up("recv");
        if (n == 0) throw std::runtime_error("closed before the end of a head: " + head);
        head.append(buffer, static_cast<std::size_t>(n));
    }
}

std::string_view header(std::string_view head, std::string_view name) {
    for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
        const auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
        if (line.size() <= name.size() || line[name.size()] != ':') continue;
        if (::strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
        const auto value = line.substr(name.size() + 1);
        const auto first = value.find_first_not_of(' ');
        return first == std::string_view::npos ? std::string_view{} : value.substr(first);
    }
    return {};
}

int status_of(std::string_view head) {
    int status = 0;
    if (head.size() > 12) std::from_chars(head.data() + 9, head.data() + 12, status);
    return status;
}

std::uint64_t content_length(std::string_view head) {
    const auto text = header(head, "Content-Length");
    std::uint64_t length = 0;
    std::from_chars(text.data(), text.data() + text.size(), length);
    return length;
}

poller::poller()
    : set_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1"))
    , ready_(sizeof(epoll_event) * events_at_once, '\0') {}

void poller::add(int fd, std::uint32_t events, std::uint64_t id) {
    epoll_event e{.events = events, .data = {.u64 = id}};
    checked(::epoll_ctl(set_.get(), EPOLL_CTL_ADD, fd, &e), "epoll_ctl");
}

void poller::change(int fd, std::uint32_t events, std::uint64_t id) {
    epoll_event e{.events = events, .data = {.u64 = id}};
    checked(::epoll_ctl(set_.get(), EPOLL_CTL_MOD, fd, &e), "epoll_ctl");
}

int poller::wait_into(steady::duration at_most) {
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(at_most);
    const timespec limit{whole.count(), std::chrono::nanoseconds(at_most - whole).count()};
    const int n = ::epoll_pwait2(set_.get(), reinterpret_cast<epoll_event*>(ready_.data()), events_at_once,
                                 &limit, nullptr);
    return n < 0 && errno == EINTR ? 0 : checked(n, "epoll_pwait2");
}

std::uint64_t poller::id_of(int i) const {
    return reinterpret_cast<const epoll_event*>(ready_.data())[i].data.u64;
}
std::uint32_t poller::events_of(int i) const {
    return reinterpret_cast<const epoll_event*>(ready_.data())[i].events;
}

} // namespace berth::bench
