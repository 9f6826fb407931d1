// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/local/job_files.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace berth::scheduler {
namespace {

using nlohmann::json;
constexpr std::size_t max_file = 64 * 1024;
constexpr std::size_t exit_size = 256; // more than any exit file has
constexpr const char* reserved = "/exit.reserved";

result<void> complaint(const std::string& path) {
    return fail(errc::io_error, fmt::format("{}: {}", path, std::strerror(errno)));
}

std::optional<std::string> read_whole(const std::string& path) {
    unique_fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd) return std::nullopt;
    std::string out(max_file, '\0');
    std::size_t have = 0;
    for (ssize_t got = 1; got > 0 && have < out.size(); have += static_cast<std::size_t>(got)) {
        got = read(fd.get(), out.data() + have, out.size() - have);
        if (got < 0) return std::nullopt;
    }
    out.resize(have);
    return out;
}

// Under another name first: a reader never sees half a file, and a crash leaves the old one.
result<void> write_whole(const std::string& dir, const char* name, const json& j) {
    const std::string path = dir + "/" + name, fresh = path + ".new", text = j.dump() + "\n";
    unlink(fresh.c_str());
    unique_fd fd(open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return complaint(fresh);
    for (std::size_t sent = 0; sent < text.size();) {
        const auto n = write(fd.get(), text.data() + sent, text.size() - sent);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return complaint(fresh);
        sent += static_cast<std::size_t>(n);
    }
    fd.reset();
    if (rename(fresh.c_str(), path.c_str()) != 0) return complaint(path);
    return {};
}

json read_json(const std::string& dir, const char* name) {
    const auto text = read_whole(dir + "/" + name);
    return text ? json::parse(*text, nullptr, false) : json();
}

std::int64_t micros(wall_time t) { return t.time_since_epoch().count(); }

std::int64_t number(const json& j, const char* key) {
    auto at = j.find(key);
    return at != j.end() && at->is_number_integer() ? at->get<std::int64_t>() : 0;
}
wall_time time_in(const json& j, const char* key) {
    return wall_time(std::chrono::microseconds(number(j, key)));
}
std::string text_in(const json& j, const char* key) {
    auto at = j.find(key);
    return at != j.end() && at->is_string() ? at->get<std::string>() : std::string();
}

json to_json(const process_id& p) { return {{"pid", p.pid}, {"start", p.start}}; }
process_id process_in(const json& j, const char* key) {
    auto at = j.find(key);
    if (at == j.end() || !at->is_object()) return {};
    return {static_cast<pid_t>(number(*at, "pid")), static_cast<std::uint64_t>(number(*at, "start"))};
}

} // namespace

result<void> write_job(const std::string& dir, const job_file& f) {
    return write_whole(dir, "job.json", {{"user", f.user}, {"port", f.port}, {"created", micros(f.created)}});
}

result<void> write_pid(const std::string& dir, const pid_file& f) {
    return write_whole(dir, "pid.json",
                       {{"boot", f.boot},
                        {"shepherd", to_json(f.shepherd)},
                        {"server", to_json(f.server)},
                        {"began", micros(f.began)}});
}

result<void> reserve_exit(const std::string& dir) {
    unique_fd fd(open((dir + reserved).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    const std::string blank(exit_size, ' ');
    if (fd && pwrite(fd.get(), blank.data(), blank.size(), 0) == ssize_t(blank.size())) return {};
    return complaint(dir + reserved);
}

result<void> write_exit(const std::string& dir, const exit_file& f) {
    json j = {{"ended", micros(f.ended)}};
    if (f.exit_code) j["exit_code"] = *f.exit_code;
    if (f.signal) j["signal"] = *f.signal;
    auto text = j.dump();
    text.resize(std::max(text.size(), exit_size), ' ');
    const auto path = dir + reserved;
    if (unique_fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
        fd && pwrite(fd.get(), text.data(), text.size(), 0) == ssize_t(text.size()) &&
        rename(path.c_str(), (dir + "/exit.json").c_str()) == 0)
        return {};
    return write_whole(dir, "exit.json", j);
}

result<void> write_stop(const std::string& dir, wall_time asked) {
    return write_whole(dir, "stop.json", {{"asked", micros(asked)}});
}

std::optional<job_file> read_job(const std::string& dir) {
    const auto j = read_json(dir, "job.json");
    if (!j.is_object()) return std::nullopt;
    return job_file{text_in(j, "user"), static_cast<int>(number(j, "port")), time_in(j, "created")};
}

std::optional<pid_file> read_pid(const std::string& dir) {
    const auto j = read_json(dir, "pid.json");
    if (!j.is_object()) return std::nullopt;
    pid_file f{text_in(j, "boot"), process_in(j, "shepherd"), process_in(j, "server"), time_in(j, "began")};
    if (f.shepherd.pid <= 1 || f.server.pid <= 1) return std::nullopt; // never signal what is not named
    return f;
}

std::optional<exit_file> read_exit(const std::string& dir) {
    const auto j = read_json(dir, "exit.json");
    if (!j.is_object()) return std::nullopt;
    exit_file f;
    if (j.contains("exit_code")) f.exit_code = static_cast<int>(number(j, "exit_code"));
    if (j.contains("signal")) f.signal = static_cast<int>(number(j, "signal"));
    f.ended = time_in(j, "ended");
    return f;
}

std::optional<wall_time> read_stop(const std::string& dir) {
    const auto j = read_json(dir, "stop.json");
    return j.is_object() ? std::optional(time_in(j, "asked")) : std::nullopt;
}

result<unique_fd> lock_job(const std::string& dir) {
    const std::string path = dir + "/lock";
    unique_fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return fail(errc::io_error, fmt::format("{}: {}", path, std::strerror(errno)));
    if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
        return fail(errc::conflict, fmt::format("{} is held by another process", path));
    return fd;
}

bool is_locked(const std::string& dir) {
    unique_fd fd(open((dir + "/lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    return fd && flock(fd.get(), LOCK_SH | LOCK_NB) != 0;
}

std::optional<process_id> process_now(pid_t pid) {
    const auto text = read_whole(fmt::format("/proc/{}/stat", pid));
    // The command's name, in brackets, may hold anything: fields are counted from its end (proc(5)).
    const auto bracket = text ? text->rfind(')') : std::string::npos;
    if (bracket == std::string::npos) return std::nullopt;
    char state = 0;
    unsigned long long start = 0;
    if (std::sscanf(text->c_str() + bracket + 1,
                    " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                    &state, &start) != 2)
        return std::nullopt;
    if (state == 'Z' || state == 'X') return std::nullopt;
    return process_id{pid, start};
}

bool lives(const process_id& p) { return p.pid > 1 && process_now(p.pid) == p; }

std::string boot_id() {
    auto text = read_whole("/proc/sys/kernel/random/boot_id").value_or("");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

wall_time wall_now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

} // namespace berth::scheduler
