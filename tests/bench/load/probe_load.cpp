// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/load/loads.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>

namespace berth::bench {
namespace {

constexpr std::size_t most_connections = 256;
constexpr std::uint64_t standard_input = most_connections;

struct probe {
    descriptor socket;
    bool busy = false;
    steady::time_point due;
    std::string in;
};

class prober {
  public:
    prober(const goal& g, std::chrono::milliseconds interval)
        : goal_(g)
        , interval_(interval)
        , probes_(most_connections) {
        request_ = "GET " + g.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
        if (!g.token.empty()) request_ += "Authorization: token " + g.token + "\r\n";
        request_ += "\r\n";
        poll_.add(STDIN_FILENO, EPOLLIN, standard_input);
    }

    void run() {
        last_good_ = steady::now();
        auto due = last_good_;
        while (!ended_) {
            const auto now = steady::now();
            for (; due <= now; due += interval_) send(due);
            poll_.wait(due - now, [this](std::uint64_t id, std::uint32_t) {
                if (id == standard_input)
                    ended_ = true;
                else
                    read(id);
            });
        }
        tell();
    }

  private:
    void send(steady::time_point due) {
        const auto idle = std::ranges::find_if(probes_, [](const probe& p) { return !p.busy; });
        if (idle == probes_.end()) {
            ++skipped_;
            return;
        }
        auto& p = *idle;
        try {
            if (!p.socket) {
                p.socket = connect_to(goal_.port);
                poll_.add(p.socket.get(), EPOLLIN, static_cast<std::uint64_t>(idle - probes_.begin()));
            }
            p.due = due;
            send_all(p.socket.get(), request_);
            p.busy = true;
        } catch (const std::exception&) {
            lose(p);
        }
    }

    void read(std::uint64_t id) {
        auto& p = probes_[id];
        char buffer[16 * 1024];
        const auto n = ::recv(p.socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) {
            if (p.busy) return lose(p);
            p.socket.close(); // an idle one was closed: nothing is lost
            return;
        }
        p.in.append(buffer, static_cast<std::size_t>(n));
        const auto end = p.in.find("\r\n\r\n");
        if (end == std::string::npos || p.in.size() < end + 4 + content_length(p.in)) return;
        finish(p);
    }

    void finish(probe& p) {
        const auto now = steady::now();
        if (status_of(p.in) == 200) {
            latencies_.push_back(milliseconds_between(p.due, now));
            longest_without_ = std::max(longest_without_, milliseconds_between(last_good_, now));
            last_good_ = now;
        } else {
            ++failed_;
        }
        p.in.clear();
        p.busy = false;
    }

    void lose(probe& p) {
        ++failed_;
        p = probe{};
    }

    void tell() {
        longest_without_ = std::max(longest_without_, milliseconds_between(last_good_, steady::now()));
        const auto count = latencies_.size();
        std::printf("{\"count\": %zu, \"failed\": %u, \"skipped\": %u, \"longest_without_ms\": %.1f, %s}\n",
                    count, failed_, skipped_, longest_without_, percentiles(latencies_).c_str());
    }

    goal goal_;
    std::chrono::milliseconds interval_;
    std::string request_;
    poller poll_;
    std::vector<probe> probes_;
    std::vector<double> latencies_;
    steady::time_point last_good_;
    double longest_without_ = 0;
    unsigned failed_ = 0, skipped_ = 0;
    bool ended_ = false;
};

} // namespace

void probe_load(const goal& g, unsigned interval_ms) {
    prober(g, std::chrono::milliseconds(interval_ms)).run();
}

std::string numbered(std::string path, unsigned number) {
    char digits[16];
    std::snprintf(digits, sizeof digits, "%04u", number);
    if (const auto at = path.find('%'); at != std::string::npos) path.replace(at, 1, digits);
    return path;
}

std::string percentiles(std::vector<double>& milliseconds) {
    std::ranges::sort(milliseconds);
    const auto at = [&](double share) {
        if (milliseconds.empty()) return 0.0;
        return milliseconds[static_cast<std::size_t>(share * static_cast<double>(milliseconds.size() - 1))];
    };
    char text[128];
    std::snprintf(text, sizeof text, R"("p50_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f)", at(0.5), at(0.99),
                  at(1));
    return text;
}

} // namespace berth::bench
