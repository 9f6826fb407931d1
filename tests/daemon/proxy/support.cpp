// SPDX-License-Identifier: BSD-3-Clause
#include "tests/daemon/proxy/support.hpp"

#include "daemon/proxy/addresses.hpp"
#include "daemon/proxy/body_framing.hpp"
#include "daemon/runtime/encoding.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace berth::proxy::test {

wire::wire(int fd) : fd_(fd) {
    const timeval limit{20, 0};
    if (fd_ >= 0) setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}
wire::wire(wire&& other) noexcept : fd_(std::exchange(other.fd_, -1)), early_(std::move(other.early_)) {}
wire& wire::operator=(wire&& other) noexcept {
    close();
    fd_ = std::exchange(other.fd_, -1);
    early_ = std::move(other.early_);
    return *this;
}
wire::~wire() { close(); }
void wire::close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}
void wire::half_close() { shutdown(fd_, SHUT_WR); }

bool wire::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

std::string wire::read_some() {
    if (!early_.empty()) return std::exchange(early_, {});
    std::string out(64 << 10, '\0');
    const auto n = recv(fd_, out.data(), out.size(), 0);
    out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return out;
}

std::string wire::read_until(std::string_view mark) {
    std::string all;
    for (;;) {
        if (const auto at = all.find(mark); at != all.npos) {
            early_ = all.substr(at + mark.size());
            return all.substr(0, at + mark.size());
        }
        auto more = read_some();
        if (more.empty()) return all;
        all += more;
    }
}

std::string wire::read_exactly(std::size_t n) {
    std::string all;
    while (all.size() < n) {
        auto more = read_some();
        if (more.empty()) return all;
        all += more;
    }
    early_ = all.substr(n);
    all.resize(n);
    return all;
}

std::string wire::read_all() {
    std::string all;
    for (auto more = read_some(); !more.empty(); more = read_some()) all += more;
    return all;
}

bool wire::ended() {
    return early_.empty() && recv(fd_, early_.data(), 0, MSG_PEEK) <= 0 && read_some().empty();
}

std::string message::header(std::string_view name) const {
    for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
        const auto end = head.find("\r\n", at);
        const auto line = std::string_view(head).substr(at, end - at);
        if (const auto colon = line.find(':'); colon != line.npos && iequals(line.substr(0, colon), name))
            return std::string(trim(line.substr(colon + 1)));
        at = end + 2;
    }
    return {};
}

message read_message(wire& w, bool to_head) {
    message m{.head = w.read_until("\r\n\r\n"), .body = {}};
    const bool is_response = m.head.starts_with("HTTP/");
    const auto length = m.header("content-length");
    if (to_head || (is_response && (m.status() < 200 || m.status() == 204 || m.status() == 304))) return m;
    if (iequals(m.header("transfer-encoding"), "chunked")) {
        for (;;) {
            const auto size = std::strtoul(w.read_until("\r\n").c_str(), nullptr, 16);
            if (size == 0) {
                while (w.read_until("\r\n").size() > 2) {
                }
                return m;
            }
            m.body += w.read_exactly(size);
            w.read_exactly(2);
        }
    }
    if (!length.empty())
        m.body = w.read_exactly(std::stoul(length));
    else if (is_response)
        m.body = w.read_all();
    return m;
}

wire dial(const std::string& address) {
    socket_address a;
    if (address.starts_with("unix:")) {
        a = *unix_address(address.substr(5));
    } else {
        const auto colon = address.rfind(':');
        const auto slashes = address.find("//");
        const auto host = slashes == address.npos ? 0 : slashes + 2;
        a = *ip_address(address.substr(host, colon - host),
                        static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    }
    const int fd = socket(a.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&a.bytes), a.size) < 0)
        ADD_FAILURE() << "cannot connect to " << address;
    return wire(fd);
}

message ask(const std::string& address, std::string_view request) {
    auto w = dial(address);
    w.send(request);
    return read_message(w, request.starts_with("HEAD "));
}

std::string get(std::string_view path, std::string_view more_headers) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: door.example:8000\r\n{}\r\n", path, more_headers);
}

fake_server::fake_server(behaviour serve, std::string unix_path)
    : serve_(std::move(serve))
    , unix_path_(std::move(unix_path)) {
    fd_ = *open_listener(unix_path_.empty() ? "127.0.0.1:0" : "unix:" + unix_path_);
    socket_address a;
    a.size = sizeof a.bytes;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&a.bytes), &a.size);
    url_ = unix_path_.empty() ? "http://" + address_text(a) : "http+unix:" + unix_path_;
    acceptor_ = std::thread([this] { run(); });
}

fake_server::~fake_server() { stop(); }

void fake_server::run() {
    for (;;) {
        pollfd p{fd_, POLLIN, 0};
        poll(&p, 1, -1);
        const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0 && errno == EAGAIN && !stopping_) continue;
        if (fd < 0) return;
        ++accepted_;
        std::lock_guard lock(mutex_);
        open_.push_back(fd);
        threads_.emplace_back([this, fd] {
            wire w(fd);
            serve_(w);
            std::lock_guard inner(mutex_);
            std::erase(open_, fd);
            w.close();
            ++closed_;
        });
    }
}

void fake_server::stop() {
    if (fd_ < 0) return;
    stopping_ = true;
    shutdown(fd_, SHUT_RDWR);
    acceptor_.join();
    ::close(std::exchange(fd_, -1));
    if (!unix_path_.empty()) unlink(unix_path_.c_str());
    {
        std::lock_guard lock(mutex_);
        for (int fd : open_) shutdown(fd, SHUT_RDWR);
    }
    for (auto& t : threads_) t.join();
    threads_.clear();
}

std::string ok_response(std::string_view body, std::string_view more_headers) {
    return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{}\r\n{}", body.size(), more_headers, body);
}

fake_server::behaviour answering(std::string body) {
    return [body = std::move(body)](wire& w) {
        for (auto m = read_message(w); !m.head.empty(); m = read_message(w))
            if (!w.send(ok_response(body))) return;
    };
}

void echo_heads(wire& w) {
    for (auto m = read_message(w); !m.head.empty(); m = read_message(w))
        if (!w.send(ok_response(m.head))) return;
}

opened::opened(const std::string& hub, const std::function<void(settings&)>& change, door_hooks hooks) {
    char name[] = "/tmp/berth-proxy-XXXXXX";
    folder = mkdtemp(name);
    settings s;
    s.listen.address = "127.0.0.1:0";
    s.api_address = "unix:" + folder + "/api.sock";
    s.api_token = secret("t");
    s.default_target = hub;
    s.threads = 2;
    s.tick = std::chrono::milliseconds(20);
    if (change) change(s);
    door = std::make_unique<front_door>(std::move(s), log, inheritance{}, std::move(hooks));
    const auto ok = door->start();
    EXPECT_TRUE(ok.has_value()) << ok.error().message;
}

opened::~opened() {
    door.reset();
    std::filesystem::remove_all(folder);
}

message opened::api(std::string_view method, std::string_view path, std::string_view body,
                    std::string_view token) {
    return ask(
        door->api_address(),
        fmt::format("{} {} HTTP/1.1\r\nHost: api\r\nAuthorization: token {}\r\nContent-Length: {}\r\n\r\n{}",
                    method, path, token, body.size(), body));
}

void opened::add_route(std::string_view path, std::string_view target) {
    EXPECT_EQ(
        api("POST", fmt::format("/api/routes{}", path), fmt::format(R"({{"target":"{}"}})", target)).status(),
        201);
}

} // namespace berth::proxy::test
