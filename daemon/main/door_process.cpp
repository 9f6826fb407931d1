// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/door.hpp"
#include "daemon/main/program_path.hpp"
#include "daemon/runtime/secret_file.hpp"
#include "daemon/runtime/spawn.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace berth::config {
namespace {

using namespace std::chrono_literals;

// The last lines of what the door wrote before it gave up.
std::string last_words(const std::string& log) {
    auto text = read_file(log, 64 << 10);
    if (!text) return "";
    const auto tail = text->size() > 600 ? text->substr(text->size() - 600) : *text;
    return ":\n" + tail;
}

bool has_ended(pid_t pid) {
    int status = 0;
    return ::waitpid(pid, &status, WNOHANG) == pid;
}

result<child_options> door_command(const configuration& c, const data_dir& d) {
    auto self = own_path();
    if (!self) return fail(self.error());
    child_options o;
    o.argv = {*self, "proxy"};
    if (!c.file.empty()) o.argv.insert(o.argv.end(), {"--config", c.file});
    o.argv.insert(o.argv.end(), {"--data-dir", d.path});
    o.environment = current_environment();
    o.environment.erase("NOTIFY_SOCKET"); // the hub alone speaks to systemd
    o.out.file = o.err.file = d.file("proxy.log");
    return o;
}

} // namespace

std::optional<pid_t> door_opener(const data_dir& d) {
    const auto path = d.file("proxy.sock");
    unique_fd s(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (!s || path.size() >= sizeof address.sun_path) return std::nullopt;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    if (::connect(s.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return errno == EAGAIN ? std::optional<pid_t>(0) : std::nullopt;
    ucred opener{};
    socklen_t size = sizeof opener;
    ::getsockopt(s.get(), SOL_SOCKET, SO_PEERCRED, &opener, &size);
    return opener.pid;
}

result<spawned> launch_door(const configuration& c, const data_dir& d) {
    const auto o = door_command(c, d);
    if (!o) return fail(o.error());
    return spawn_process(*o);
}

result<spawned> start_door(const configuration& c, const data_dir& d) {
    const auto o = door_command(c, d);
    if (!o) return fail(o.error());
    const auto log = d.file("proxy.log");
    auto child = spawn_process(*o);
    if (!child) return fail(child.error());
    if (auto ok = await_start(child->started, *o); !ok) return fail(ok.error());
    for (int i = 0; i < 500; ++i) {
        if (door_answers(d)) return child;
        if (has_ended(child->pid)) return fail(errc::unavailable, "the front door did not start" + last_words(log));
        std::this_thread::sleep_for(20ms);
    }
    return fail(errc::timed_out, fmt::format("the front door did not answer on {} within 10 s{}", d.file("proxy.sock"), last_words(log)));
}

} // namespace berth::config
