// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/control_server.hpp"

#include "daemon/http/response.hpp"
#include "daemon/proxy/body_framing.hpp"
#include "daemon/proxy/byte_stream.hpp"
#include "daemon/proxy/http_head.hpp"
#include "daemon/proxy/socket_options.hpp"
#include "daemon/runtime/encoding.hpp"

#include <array>
#include <fmt/format.h>
#include <utility>
#include <iterator>
#include <sys/socket.h>
#include <vector>

namespace berth::proxy {
namespace {

constexpr std::size_t max_head = 64 << 10, max_body = 64 << 20, max_connections = 256;

} // namespace

class control_server::listener final : public watcher {
  public:
    explicit listener(control_server& owner) : owner_(owner) {}
    void on_ready(std::uint32_t) override { owner_.accept_all(); }

  private:
    control_server& owner_;
};

class control_server::connection final : public watcher {
  public:
    connection(control_server& owner, std::uint64_t serial, int fd)
        : owner_(owner)
        , serial_(serial)
        , stream_(fd) {}

    void on_ready(std::uint32_t events) override {
        if (!stream_.open()) return;
        stream_.note(events);
        run();
    }
    void reply(const control_reply& r);
    // Ends it, or has it end with the answer that is awaited.
    void finish() {
        if (!busy_) return end();
        keep_alive_ = false;
    }
    std::uint64_t serial() const { return serial_; }

  private:
    void run();
    bool read_more();
    bool take_head();
    bool take_body();
    void end() {
        stream_.close();
        owner_.forget(*this);
    }

    control_server& owner_;
    std::uint64_t serial_;
    byte_stream stream_;
    std::string body_;
    control_request request_;
    body_framing framing_;
    bool have_head_ = false, busy_ = false, keep_alive_ = true, is_head_ = false;
};

bool control_server::connection::read_more() {
    static thread_local std::array<char, 64 << 10> scratch;
    const auto r = stream_.read_more(scratch, scratch.size());
    if (r.state == io_state::ok) return true;
    if (r.state != io_state::blocked) end();
    return false;
}

void control_server::connection::run() {
    if (!stream_.flush()) return end();
    while (stream_.open() && !busy_) {
        if (have_head_ ? take_body() : take_head()) continue;
        if (!stream_.open() || !read_more()) return;
    }
}

// False: more bytes are needed, or the connection has ended.
bool control_server::connection::take_head() {
    auto& in = stream_.unread();
    bool bad = false;
    const auto size = find_head_end(in, 0, bad);
    if (!size && !bad && in.size() < max_head) return false;
    request_head h;
    if (!size || parse_request(std::string_view(in).substr(0, size), h) != parse_result::ok) {
        keep_alive_ = false;
        reply({400, "malformed request", "text/plain"});
        return false;
    }
    const auto query = std::min(h.target.find('?'), h.target.size());
    request_ = {};
    request_.method = h.method;
    request_.path = percent_decode(h.target.substr(0, query));
    request_.query = h.target.substr(std::min(query + 1, h.target.size()));
    for (const auto& f : h.headers())
        if (iequals(f.name, "authorization")) request_.authorization = f.value;
    if (const auto* e = h.find(header_id::expect); e && h.body != body_kind::none)
        stream_.write("HTTP/1.1 100 Continue\r\n\r\n");
    keep_alive_ = h.keep_alive();
    is_head_ = h.method == "HEAD";
    framing_ = body_framing(h.body, h.length);
    in.erase(0, size);
    body_.clear();
    return have_head_ = true;
}

bool control_server::connection::take_body() {
    auto& in = stream_.unread();
    std::size_t kept = 0;
    const auto used = framing_.decode(in, kept);
    body_.append(in, 0, kept);
    in.erase(0, used);
    if (framing_.malformed() || body_.size() > max_body) {
        keep_alive_ = false;
        reply({framing_.malformed() ? 400 : 413, "the body is malformed or too large", "text/plain"});
        return false;
    }
    if (!framing_.done()) return false;
    busy_ = true;
    have_head_ = false;
    request_.body = std::move(body_);
    // The connection may end while the answer is on its way.
    auto answer = [&owner = owner_, serial = serial_](const control_reply& r) {
        if (const auto at = owner.connections_.find(serial); at != owner.connections_.end())
            at->second->reply(r);
    };
    owner_.handle_(std::move(request_), std::move(answer));
    return stream_.open() && !busy_;
}

void control_server::connection::reply(const control_reply& r) {
    busy_ = false;
    std::string out;
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", r.status, http::reason_phrase(r.status));
    if (!r.body.empty()) fmt::format_to(std::back_inserter(out), "Content-Type: {}\r\n", r.type);
    if (r.status != 204) fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", r.body.size());
    out += keep_alive_ ? "\r\n" : "Connection: close\r\n\r\n";
    if (!is_head_) out += r.body;
    if (!stream_.write(out)) return end();
    if (keep_alive_) return owner_.loop_.again(*this);
    // Answers to malformed requests are small: the kernel has taken them.
    stream_.finish_writing();
    end();
}

control_server::control_server(reactor& loop, int listen_fd, handler h)
    : loop_(loop)
    , fd_(listen_fd)
    , handle_(std::move(h))
    , listener_(std::make_unique<listener>(*this)) {
    open();
}

// After `shut` the descriptor may be closed, and its number another's.
control_server::~control_server() {
    if (listening_) loop_.remove(fd_);
}

void control_server::shut() {
    if (std::exchange(listening_, false)) loop_.remove(fd_);
    std::vector<connection*> all; // each may leave the list
    for (const auto& [serial, c] : connections_) all.push_back(c.get());
    for (auto* c : all) c->finish();
}

void control_server::open() { listening_ = loop_.add_listener(fd_, *listener_); }

void control_server::accept_all() {
    while (connections_.size() < max_connections) {
        const int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        set_tcp_options(fd);
        const auto serial = next_serial_++;
        auto c = std::make_unique<connection>(*this, serial, fd);
        loop_.add(fd, *c);
        connections_.emplace(serial, std::move(c));
    }
}

void control_server::forget(connection& c) {
    const auto at = connections_.find(c.serial());
    if (at == connections_.end()) return;
    auto gone = std::move(at->second);
    connections_.erase(at);
    loop_.retire(std::move(gone));
}

} // namespace berth::proxy
