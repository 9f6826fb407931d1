// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/throttle.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace berth::auth {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_entries = 10'000;
constexpr std::size_t longest_key = 255;
constexpr duration longest_wait = 30s;
constexpr duration memory = 15min;

duration wait_after(int surplus) {
    if (surplus <= 0) return {};
    return surplus > 5 ? longest_wait : std::min<duration>(longest_wait, (1 << (surplus - 1)) * 1s);
}

std::string name_key(std::string_view name) { return std::string(name.substr(0, longest_key)); }

// Who has one IPv6 address has 2^64 of them.
std::string address_key(std::string_view address) {
    in6_addr parsed{};
    const std::string text(address.substr(0, longest_key));
    if (inet_pton(AF_INET6, text.c_str(), &parsed) != 1 || IN6_IS_ADDR_V4MAPPED(&parsed)) return text;
    return "net " + std::string(reinterpret_cast<const char*>(parsed.s6_addr), 8);
}

} // namespace

duration login_throttle::table::wait(const std::string& key, time_point now) const {
    const auto at = by_key_.find(key);
    return at == by_key_.end() ? duration{} : std::max(duration{}, at->second->until - now);
}

void login_throttle::table::count(const std::string& key, time_point now) {
    auto at = by_key_.find(key);
    if (at == by_key_.end()) {
        order_.push_front({key, 0, now, now});
        at = by_key_.emplace(key, order_.begin()).first;
    }
    order_.splice(order_.begin(), order_, at->second);
    auto& e = order_.front();
    if (now - e.last >= memory) e.failures = 0;
    e.last = now;
    e.until = now + wait_after(++e.failures - free_);
    if (order_.size() <= most_entries) return;
    by_key_.erase(order_.back().key);
    order_.pop_back();
}

void login_throttle::table::forgive(const std::string& key, time_point now) {
    const auto at = by_key_.find(key);
    if (at == by_key_.end()) return;
    auto& e = *at->second;
    e.until = now;
    if (--e.failures <= 0) forget(key);
}

void login_throttle::table::forget(const std::string& key) {
    const auto at = by_key_.find(key);
    if (at == by_key_.end()) return;
    order_.erase(at->second);
    by_key_.erase(at);
}

duration login_throttle::attempt(std::string_view name, std::string_view address) {
    const auto n = name_key(name), a = address_key(address);
    const auto now = time_.now();
    if (const auto wait = std::max(names_.wait(n, now), addresses_.wait(a, now)); wait > duration{})
        return wait;
    names_.count(n, now);
    addresses_.count(a, now);
    return {};
}

void login_throttle::passed(std::string_view name, std::string_view address) {
    names_.forget(name_key(name));
    addresses_.forgive(address_key(address), time_.now());
}

void login_throttle::undecided(std::string_view name, std::string_view address) {
    names_.forgive(name_key(name), time_.now());
    addresses_.forgive(address_key(address), time_.now());
}

} // namespace berth::auth
