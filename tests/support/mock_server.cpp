// SPDX-License-Identifier: BSD-3-Clause
// mock_notebook_server: a single-user server that is ready in milliseconds and takes little memory, so that
// thousands fit on one machine. It knows nothing of signing in.
//
// Listens where JUPYTERHUB_SERVICE_URL says, or on --port=N (--ip=A) when given. Under its prefix it answers
// GET api and api/status like Jupyter Server, echoes websockets, and says of every other request what was
// asked; outside of its prefix it answers 404, so that a request that came to the wrong server is seen.
// `?exit=N` ends it. Activity goes to JUPYTERHUB_ACTIVITY_URL, when that is there, every
// JUPYTERHUB_ACTIVITY_INTERVAL seconds (300; 0: never). MOCK_DELAY: seconds before it listens; MOCK_EXIT: the
// status with which it ends instead of listening.
#include "tests/support/mock_text.hpp"
#include "tests/support/mock_websocket.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>

namespace {

using namespace berth::mock;
constexpr std::size_t max_buffer = 2 << 20; // of a connection, either way

struct connection {
    std::string in, out;
    enum { client, websocket, activity } kind = client;
    bool ends = false; // once `out` is written
};

class server {
  public:
    server(address where, std::string activity_url, int activity_interval)
        : where_(std::move(where))
        , activity_(parse(activity_url))
        , interval_(activity_url.empty() ? 0 : activity_interval) {}
    int run();

  private:
    bool listen();
    void add(int fd, connection c, unsigned events);
    void accept_all();
    void tell_activity();
    void handle(int fd, unsigned events);
    bool read_all(int fd, connection& c);
    bool write_some(int fd, connection& c);
    bool take_request(connection& c);
    void echo(connection& c);
    std::string answer(std::string_view method, std::string_view target, std::size_t body);
    std::string status_text() const;

    address where_, activity_;
    int interval_, listener_ = -1, poll_ = epoll_create1(EPOLL_CLOEXEC);
    std::unordered_map<int, connection> all_;
    std::time_t began_ = std::time(nullptr), used_ = began_, told_ = 0;
};

bool server::listen() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int yes = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const auto at = socket_address(where_);
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
        ::listen(listener_, 512) != 0) {
        std::fprintf(stderr, "mock_notebook_server: %s:%d: %s\n", where_.host.c_str(), where_.port,
                     std::strerror(errno));
        return false;
    }
    epoll_event event{EPOLLIN, {.fd = listener_}};
    return epoll_ctl(poll_, EPOLL_CTL_ADD, listener_, &event) == 0;
}

void server::add(int fd, connection c, unsigned events) {
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    epoll_event event{events, {.fd = fd}};
    epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
    all_.insert_or_assign(fd, std::move(c));
}

void server::accept_all() {
    for (int fd = 0; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;)
        add(fd, {}, EPOLLIN);
}

// Beside everything else: a hub that does not answer holds up nobody.
void server::tell_activity() {
    told_ = std::time(nullptr);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const auto to = socket_address(activity_);
    if (fd < 0) return;
    if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) {
        close(fd);
        return;
    }
    const auto when = now_text(used_);
    const auto body = "{\"servers\": {" + quoted(environment("JUPYTERHUB_SERVER_NAME")) +
                      ": {\"last_activity\": \"" + when + "\"}}, \"last_activity\": \"" + when + "\"}";
    connection c;
    c.kind = connection::activity;
    c.out = "POST " + activity_.path + " HTTP/1.1\r\nHost: " + activity_.host + ":" +
            std::to_string(activity_.port) + "\r\nAuthorization: token " +
            environment("JUPYTERHUB_API_TOKEN") +
            "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n\r\n" + body;
    add(fd, std::move(c), EPOLLIN | EPOLLOUT);
}

// Everything that is there to read; false at the end.
bool server::read_all(int fd, connection& c) {
    char buffer[16384];
    for (;;) {
        const auto got = read(fd, buffer, sizeof buffer);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
        if (got < 0) return true;
        if (c.kind == connection::activity) continue; // whatever the hub says
        c.in.append(buffer, static_cast<std::size_t>(got));
        if (c.in.size() > max_buffer || c.out.size() > max_buffer) return false;
    }
}

bool server::write_some(int fd, connection& c) {
    const auto sent = send(fd, c.out.data(), c.out.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    c.out.erase(0, static_cast<std::size_t>(sent));
    return !(c.out.empty() && c.ends);
}

std::string server::status_text() const {
    const auto sockets =
        std::ranges::count_if(all_, [](const auto& c) { return c.second.kind == connection::websocket; });
    return "{\"connections\": " + std::to_string(sockets) + ", \"kernels\": 0, \"last_activity\": \"" +
           now_text(used_) + "\", \"started\": \"" + now_text(began_) + "\"}";
}

std::string server::answer(std::string_view method, std::string_view target, std::size_t body) {
    const auto path = target.substr(0, target.find('?'));
    const bool ours = path.starts_with(where_.path) || std::string(path) + "/" == where_.path;
    const auto rest = ours ? path.substr(std::min(where_.path.size(), path.size())) : path;
    std::string text = !ours ? "{\"message\": \"not this server's\", \"prefix\": " + quoted(where_.path) + "}"
                       : rest == "api" ? "{\"version\": \"2.14.0\"}"
                       : rest == "api/status"
                           ? status_text()
                           : "{\"method\": " + quoted(method) + ", \"path\": " + quoted(target) +
                                 ", \"read\": " + std::to_string(body) +
                                 ", \"pid\": " + std::to_string(getpid()) + "}";
    std::string out = ours ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 404 Not Found\r\n";
    out += "Content-Type: application/json\r\nX-JupyterHub-Version: 6.1.1\r\nContent-Length: " +
           std::to_string(text.size()) + "\r\n\r\n";
    return method == "HEAD" ? out : out + text;
}

// One whole request from the front of `in`; false when there is none.
bool server::take_request(connection& c) {
    const auto end = c.in.find("\r\n\r\n");
    if (end == c.in.npos || c.ends) return false;
    const std::string_view head = std::string_view(c.in).substr(0, end + 2);
    const auto first = head.substr(0, head.find("\r\n"));
    const auto method = first.substr(0, first.find(' '));
    auto target = first.substr(std::min(method.size() + 1, first.size()));
    target = target.substr(0, target.find(' '));
    if (const auto asked = target.find("exit="); asked != target.npos)
        _exit(std::atoi(std::string(target.substr(asked + 5)).c_str()));
    if (!header(head, "Transfer-Encoding").empty()) {
        c.out += "HTTP/1.1 411 Length Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        return !(c.ends = true);
    }
    const auto body = std::strtoul(std::string(header(head, "Content-Length")).c_str(), nullptr, 10);
    if (c.in.size() < end + 4 + body) return false;
    used_ = std::time(nullptr);
    if (const auto key = header(head, "Sec-WebSocket-Key"); !key.empty() && target.starts_with(where_.path)) {
        c.out += "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
                 "Upgrade\r\nSec-WebSocket-Accept: " +
                 accept_key(key) + "\r\n\r\n";
        c.kind = connection::websocket;
    } else {
        c.out += answer(method, target, body);
        c.ends = same_word(header(head, "Connection"), "close");
    }
    c.in.erase(0, end + 4 + body);
    return c.kind == connection::client;
}

void server::echo(connection& c) {
    while (!c.ends) {
        const auto f = take_frame(c.in);
        if (!f) break;
        used_ = std::time(nullptr);
        c.ends = f->refused || f->opcode() == 8;
        constexpr int ping = 9, pong = 10;
        if (f->opcode() == pong) continue;
        if (!f->refused) c.out += server_frame(f->opcode() == ping ? 0x80 | pong : f->head, f->payload);
    }
}

void server::handle(int fd, unsigned events) {
    const auto at = all_.find(fd);
    if (at == all_.end()) return;
    auto& c = at->second;
    bool open = (events & EPOLLERR) == 0;
    if (open && (events & (EPOLLIN | EPOLLHUP)) != 0) open = read_all(fd, c);
    while (c.kind == connection::client && take_request(c)) {
    }
    if (c.kind == connection::websocket) echo(c);
    if (!c.out.empty() || c.ends) open = write_some(fd, c) && open;
    if (open) {
        epoll_event event{c.out.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT, {.fd = fd}};
        epoll_ctl(poll_, EPOLL_CTL_MOD, fd, &event);
        return;
    }
    close(fd);
    all_.erase(at);
}

int server::run() {
    if (!listen()) return 1;
    for (;;) {
        if (interval_ > 0 && std::time(nullptr) - told_ >= interval_) tell_activity();
        epoll_event ready[64];
        const int count = epoll_wait(poll_, ready, 64, interval_ > 0 ? interval_ * 1000 : -1);
        for (int i = 0; i < count; ++i)
            if (ready[i].data.fd == listener_)
                accept_all();
            else
                handle(ready[i].data.fd, ready[i].events);
    }
}

// The value of --NAME=VALUE or --NAME VALUE.
std::string option(int argc, char** argv, const std::string& name) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == name && i + 1 < argc) return argv[i + 1];
        if (word.starts_with(name + "=")) return std::string(word.substr(name.size() + 1));
    }
    return "";
}

} // namespace

int main(int argc, char** argv) {
    if (const auto status = environment("MOCK_EXIT"); !status.empty()) {
        std::fputs("mock_notebook_server: told to end at once\n", stderr);
        return std::atoi(status.c_str());
    }
    signal(SIGPIPE, SIG_IGN);
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    usleep(static_cast<useconds_t>(std::strtod(environment("MOCK_DELAY", "0").c_str(), nullptr) * 1e6));
    auto where = parse(environment("JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:8888/"));
    if (const auto ip = option(argc, argv, "--ip"); !ip.empty()) where.host = ip;
    if (const auto port = option(argc, argv, "--port"); !port.empty()) where.port = std::atoi(port.c_str());
    const auto interval = std::atoi(environment("JUPYTERHUB_ACTIVITY_INTERVAL", "300").c_str());
    return server(std::move(where), environment("JUPYTERHUB_ACTIVITY_URL"), interval).run();
}
