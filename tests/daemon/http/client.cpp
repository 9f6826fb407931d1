// SPDX-License-Identifier: BSD-3-Clause
#include "tests/daemon/http/client.hpp"

#include "daemon/runtime/encoding.hpp"

#include <arpa/inet.h>
#include <charconv>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <stdexcept>

namespace berth::http::test {
namespace {

int connect_to(const std::string& address) {
    int s = -1, r = -1;
    if (address.starts_with("unix:")) {
        sockaddr_un a{};
        a.sun_family = AF_UNIX;
        address.copy(a.sun_path, sizeof a.sun_path - 1, 5);
        s = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        r = ::connect(s, reinterpret_cast<sockaddr*>(&a), sizeof a);
    } else {
        sockaddr_in a{};
        a.sin_family = AF_INET;
        a.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
        a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        r = ::connect(s, reinterpret_cast<sockaddr*>(&a), sizeof a);
    }
    if (r != 0) throw std::runtime_error("cannot connect to " + address);
    const timeval limit{10, 0};
    ::setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return s;
}

} // namespace

client::client(const std::string& address) : descriptor_(connect_to(address)) {}

client::~client() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

bool client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

void client::finish_sending() { ::shutdown(descriptor_, SHUT_WR); }

void client::reset() {
    const linger now{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(std::exchange(descriptor_, -1));
}

bool client::more() {
    char buffer[16384];
    const auto n = ::recv(descriptor_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    rest_.append(buffer, static_cast<std::size_t>(n));
    return true;
}

std::string client::read_until(std::string_view mark) {
    std::size_t at = 0;
    while ((at = rest_.find(mark)) == std::string::npos) {
        if (!more()) return std::exchange(rest_, {});
    }
    auto out = rest_.substr(0, at + mark.size());
    rest_.erase(0, at + mark.size());
    return out;
}

std::string client::read_to_end() {
    while (more()) {
    }
    return std::exchange(rest_, {});
}

std::string client::answer::header(std::string_view name) const {
    std::size_t at = 0;
    while ((at = head.find("\r\n", at)) != std::string::npos) {
        at += 2;
        const auto colon = head.find(':', at);
        if (colon == std::string::npos) break;
        if (iequals(head.substr(at, colon - at), name))
            return std::string(trim(head.substr(colon + 1, head.find("\r\n", colon) - colon - 1)));
    }
    return {};
}

client::answer client::read(bool head_only) {
    answer a;
    a.head = read_until("\r\n\r\n");
    if (!a.head.starts_with("HTTP/1.") || !a.head.ends_with("\r\n\r\n")) return a;
    a.status = std::stoi(a.head.substr(9, 3));
    if (head_only || a.status == 204 || a.status == 304 || a.status < 200) return a;
    if (a.header("transfer-encoding") == "chunked") {
        while (true) {
            const auto size = std::stoul(read_until("\r\n"), nullptr, 16);
            while (rest_.size() < size + 2 && more()) {
            }
            a.body += rest_.substr(0, size);
            rest_.erase(0, size + 2);
            if (size == 0) return a;
        }
    }
    const auto length = a.header("content-length");
    if (length.empty()) {
        a.body = read_to_end();
        return a;
    }
    const auto size = std::stoul(length);
    while (rest_.size() < size && more()) {
    }
    a.body = rest_.substr(0, size);
    rest_.erase(0, size);
    return a;
}

client::answer client::get(std::string_view path, std::string_view more_headers) {
    send("GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(more_headers) + "\r\n");
    return read();
}

running_server::running_server(dispatcher d, listen_settings s) {
    if (s.address.empty()) s.address = "127.0.0.1:0";
    server_ = std::make_unique<server>(io_.get_executor(), log, std::move(s), std::move(d));
    if (auto started = server_->start(); !started) throw std::runtime_error(started.error().message);
    address_ = server_->address();
    thread_ = std::thread([this] { io_.run(); });
}

running_server::~running_server() {
    if (thread_.joinable()) stop(std::chrono::milliseconds(0));
}

void running_server::stop(duration grace) {
    boost::asio::co_spawn(io_, server_->stop(grace), boost::asio::use_future).get();
    thread_.join();
}

} // namespace berth::http::test
