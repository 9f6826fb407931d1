// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/handover.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace berth::proxy {
namespace {

using nlohmann::json;

constexpr std::size_t max_message = 64 << 20, max_kept = 8 << 20;
constexpr std::size_t most_descriptors = most_predecessors + 2;

std::string framed(std::string_view text) {
    const auto n = text.size();
    std::string out;
    for (int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(n >> shift & 0xff));
    return out.append(text);
}

std::size_t length_of(std::string_view head) {
    std::size_t n = 0;
    for (const char c : head.substr(0, 4)) n = n << 8 | static_cast<unsigned char>(c);
    return n;
}

std::unexpected<failure> broken(std::string_view what, int error) {
    return fail(errc::io_error,
                fmt::format("the line between front doors: {}: {}", what, std::strerror(error)));
}

// Room for a control message with as many descriptors as there may be.
struct descriptor_room {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * most_descriptors)> bytes{};
};

void attach(msghdr& m, descriptor_room& room, const std::vector<int>& fds) {
    if (fds.empty()) return;
    m.msg_control = room.bytes.data();
    m.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    auto* c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    std::memcpy(CMSG_DATA(c), fds.data(), sizeof(int) * fds.size());
}

std::vector<unique_fd> detach(msghdr& m) {
    std::vector<unique_fd> out;
    for (auto* c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        const auto n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < n; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            out.emplace_back(fd);
        }
    }
    return out;
}

// One receipt of at most `room` bytes within what is left of the time.
result<std::size_t> receive_some(int line, char* to, std::size_t room,
                                 std::chrono::steady_clock::time_point until,
                                 std::vector<unique_fd>& descriptors) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd p{line, POLLIN, 0};
    const int ready = poll(&p, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready < 0) return broken("poll", errno);
    if (ready == 0) return fail(errc::timed_out, "the other front door says nothing");
    iovec part{to, room};
    descriptor_room fds;
    msghdr m{};
    m.msg_iov = &part;
    m.msg_iovlen = 1;
    m.msg_control = fds.bytes.data();
    m.msg_controllen = fds.bytes.size();
    const auto n = recvmsg(line, &m, MSG_CMSG_CLOEXEC);
    if (n < 0) return broken("reading", errno);
    if (n == 0) return fail(errc::unavailable, "the other front door has gone");
    for (auto& fd : detach(m)) descriptors.push_back(std::move(fd));
    return static_cast<std::size_t>(n);
}

result<std::string> receive_with(int line, duration patience, std::vector<unique_fd>& descriptors) {
    const auto until = std::chrono::steady_clock::now() + patience;
    std::string head(4, '\0'), body;
    const auto fill = [&](std::string& to) -> result<void> {
        for (std::size_t have = 0; have < to.size();) {
            auto n = receive_some(line, to.data() + have, to.size() - have, until, descriptors);
            if (!n) return fail(n.error());
            have += *n;
        }
        return {};
    };
    if (auto ok = fill(head); !ok) return fail(ok.error());
    if (length_of(head) > max_message) return fail(errc::internal, "the other front door talks nonsense");
    body.resize(length_of(head));
    if (auto ok = fill(body); !ok) return fail(ok.error());
    return body;
}

} // namespace

result<void> offer_sockets(int line, const std::string& listen_address, int listen_fd,
                           const std::string& api_address, int api_fd, const std::vector<int>& predecessors) {
    std::vector<int> fds;
    if (listen_fd >= 0) fds.push_back(listen_fd);
    if (api_fd >= 0) fds.push_back(api_fd);
    fds.insert(fds.end(), predecessors.begin(), predecessors.end());
    const auto text = framed(json{
        {"listen", listen_fd >= 0 ? listen_address : ""},
        {"api", api_fd >= 0 ? api_address : ""},
        {"predecessors",
         predecessors.size()}}.dump());
    iovec part{const_cast<char*>(text.data()), text.size()};
    descriptor_room room;
    msghdr m{};
    m.msg_iov = &part;
    m.msg_iovlen = 1;
    attach(m, room, fds);
    const auto n = sendmsg(line, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n != static_cast<ssize_t>(text.size())) return broken("sending the sockets", errno);
    return {};
}

result<inheritance> receive_inheritance(unique_fd line, duration patience) {
    std::vector<unique_fd> fds;
    auto text = receive_with(line.get(), patience, fds);
    if (!text) return fail(text.error());
    const auto v = json::parse(*text, nullptr, false);
    if (!v.is_object()) return fail(errc::internal, "the other front door talks nonsense");
    inheritance out;
    out.listen_address = v.value("listen", "");
    out.api_address = v.value("api", "");
    const auto own = std::size_t{!out.listen_address.empty()} + !out.api_address.empty();
    if (fds.size() != own + v.value("predecessors", std::size_t{0}))
        return fail(errc::internal, "the other front door's sockets did not arrive");
    auto next = fds.begin();
    if (!out.listen_address.empty()) out.listen = std::move(*next++);
    if (!out.api_address.empty()) out.api = std::move(*next++);
    while (next != fds.end()) out.predecessors.push_back(std::move(*next++));
    out.line = std::move(line);
    return out;
}

result<void> send_message(int line, std::string_view text) {
    const auto bytes = framed(text);
    for (std::size_t sent = 0; sent < bytes.size();) {
        const auto n = send(line, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) return broken("writing", errno);
        sent += static_cast<std::size_t>(std::max<ssize_t>(n, 0));
    }
    return {};
}

result<std::string> receive_message(int line, duration patience) {
    std::vector<unique_fd> none;
    return receive_with(line, patience, none);
}

handover_line::handover_line(reactor& loop, unique_fd fd) : loop_(loop) {
    fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
    stream_ = byte_stream(fd.release());
    loop_.add(stream_.fd(), *this);
}

void handover_line::send(std::string_view text) {
    if (!stream_.open()) return;
    if (!stream_.write(framed(text)) || stream_.unsent() > max_kept) end();
}

// A successor may hold the same socket: closing ours does not end what epoll tells of it.
void handover_line::close() {
    if (stream_.open()) loop_.remove(stream_.fd());
    stream_.close();
}

void handover_line::end() {
    if (!stream_.open()) return;
    close();
    if (on_end) on_end();
}

void handover_line::on_ready(std::uint32_t events) {
    if (!stream_.open()) return;
    stream_.note(events);
    if (!stream_.flush() || !read_messages()) end();
}

// False at the line's end.
bool handover_line::read_messages() {
    std::array<char, 16 << 10> scratch;
    for (;;) {
        auto& in = stream_.unread();
        while (in.size() >= 4 && in.size() >= 4 + length_of(in)) {
            auto message = in.substr(4, length_of(in));
            in.erase(0, 4 + message.size());
            if (on_message) on_message(std::move(message));
            if (!stream_.open()) return true; // closed by what the message has caused
        }
        if (in.size() >= 4 && length_of(in) > max_message) return false;
        const auto r = stream_.read_more(scratch, scratch.size());
        if (r.state == io_state::blocked) return true;
        if (r.state != io_state::ok) return false;
    }
}

} // namespace berth::proxy
