// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/resolver.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstring>
#include <mutex>
#include <netdb.h>
#include <netinet/in.h>
#include <unordered_map>

namespace berth::proxy {
namespace {

constexpr auto keep = std::chrono::seconds(10);
constexpr std::size_t max_names = 10'000;

struct entry {
    address_list list;
    loop_clock::time_point until;
};

address_list ask(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    address_list out;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return out;
    for (auto* a = found; a; a = a->ai_next) {
        socket_address s;
        std::memcpy(&s.bytes, a->ai_addr, a->ai_addrlen);
        s.size = a->ai_addrlen;
        out.push_back(s);
    }
    freeaddrinfo(found);
    return out;
}

address_list with_port(address_list list, std::uint16_t port) {
    for (auto& a : list) {
        if (a.family() == AF_INET)
            reinterpret_cast<sockaddr_in&>(a.bytes).sin_port = htons(port);
        else
            reinterpret_cast<sockaddr_in6&>(a.bytes).sin6_port = htons(port);
    }
    return list;
}

} // namespace

struct resolver::state {
    std::mutex mutex;
    std::unordered_map<std::string, entry> known;
    boost::asio::thread_pool pool{4};
};

resolver::resolver() : state_(std::make_unique<state>()) {}
resolver::~resolver() { state_->pool.join(); }

void resolver::lookup(const std::string& host, std::uint16_t port, reactor& loop,
                      std::function<void(address_list)> done) {
    {
        std::unique_lock lock(state_->mutex);
        if (auto at = state_->known.find(host);
            at != state_->known.end() && loop_clock::now() < at->second.until) {
            auto list = with_port(at->second.list, port);
            lock.unlock();
            return done(std::move(list));
        }
    }
    auto work = [s = state_.get(), host, port, &loop, done = std::move(done)]() mutable {
        auto list = ask(host);
        {
            std::lock_guard lock(s->mutex);
            if (s->known.size() > max_names) s->known.clear();
            auto& e = s->known[host];
            if (list.empty()) list = e.list;
            e = {list, loop_clock::now() + (list.empty() ? std::chrono::seconds(1) : keep)};
        }
        loop.post([done = std::move(done), list = with_port(std::move(list), port)]() mutable {
            done(std::move(list));
        });
    };
    boost::asio::post(state_->pool, std::move(work));
}

} // namespace berth::proxy
