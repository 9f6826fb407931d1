// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/reactor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace berth::proxy {

reactor::reactor() : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (epoll_ < 0 || wake_ < 0) throw std::runtime_error("no descriptors left for an event loop");
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.ptr = nullptr;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &e);
}

reactor::~reactor() {
    close(epoll_);
    close(wake_);
}

void reactor::add(int fd, watcher& w) {
    epoll_event e{};
    e.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    e.data.ptr = &w;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e);
}

bool reactor::add_listener(int fd, watcher& w) {
    epoll_event e{};
    e.events = EPOLLIN | EPOLLEXCLUSIVE;
    e.data.ptr = &w;
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e) == 0;
}

void reactor::remove(int fd) { epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); }

void reactor::again(watcher& w) {
    if (std::find(again_.begin(), again_.end(), &w) == again_.end()) again_.push_back(&w);
}

void reactor::retire(std::unique_ptr<watcher> w) {
    std::replace(again_.begin(), again_.end(), w.get(), static_cast<watcher*>(nullptr));
    retired_.push_back(std::move(w));
}

void reactor::post(std::function<void()> work) {
    {
        std::lock_guard lock(mutex_);
        posted_.push_back(std::move(work));
        if (posted_.size() > 1) return; // the loop has been woken for the first one
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] auto n = write(wake_, &one, sizeof one);
}

void reactor::set_tick(std::chrono::milliseconds every, std::function<void()> on_tick) {
    tick_ = every;
    on_tick_ = std::move(on_tick);
}

void reactor::stop() {
    post([this] { stopping_ = true; });
}

void reactor::run_posted() {
    std::uint64_t count;
    [[maybe_unused]] auto n = read(wake_, &count, sizeof count);
    {
        std::lock_guard lock(mutex_);
        posted_now_.swap(posted_);
    }
    for (auto& work : posted_now_) work();
    posted_now_.clear();
}

void reactor::turn(int timeout_ms) {
    std::array<epoll_event, 256> events;
    const int n = epoll_wait(epoll_, events.data(), events.size(), timeout_ms);
    now_ = loop_clock::now();
    bool woken = false;
    for (int i = 0; i < n; ++i) {
        if (auto* w = static_cast<watcher*>(events[i].data.ptr))
            w->on_ready(events[i].events);
        else
            woken = true;
    }
    again_now_.swap(again_);
    for (std::size_t i = 0; i < again_now_.size(); ++i)
        if (auto* w = again_now_[i];
            w && std::none_of(retired_.begin(), retired_.end(), [w](auto& r) { return r.get() == w; }))
            w->on_ready(0);
    again_now_.clear();
    if (woken) run_posted();
}

void reactor::run() {
    now_ = loop_clock::now();
    next_tick_ = now_ + tick_;
    while (!stopping_) {
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next_tick_ - now_).count();
        turn(again_.empty() ? static_cast<int>(std::max<std::int64_t>(wait, 0)) : 0);
        if (now_ >= next_tick_) {
            next_tick_ = now_ + tick_;
            if (on_tick_) on_tick_();
        }
        retired_.clear();
    }
}

} // namespace berth::proxy
