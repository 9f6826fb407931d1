// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/change_feed.hpp"

#include "daemon/runtime/digest.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

namespace berth::hub {

change_feed::change_feed(const boost::asio::any_io_executor& executor)
    : run_(random_hex(4)), bell_(std::make_shared<scheduler::wake_signal>(executor)),
      followers_(std::make_shared<std::map<std::string, std::size_t>>()) {}

void change_feed::add(change c) {
    c.number = ++newest_;
    if (ring_.size() >= kept) ring_.pop_front();
    ring_.push_back(std::move(c));
    bell_->ring();
}

void change_feed::user_changed(std::int64_t id, std::string name) { add({0, false, id, std::move(name), ""}); }

void change_feed::server_changed(std::int64_t user_id, std::string user, std::string server) {
    add({0, true, user_id, std::move(user), std::move(server)});
}

std::optional<std::vector<change>> change_feed::since(std::uint64_t seen, std::size_t limit) const {
    if (seen > newest_ || newest_ - seen > ring_.size()) return std::nullopt;
    const auto begin = ring_.end() - static_cast<std::ptrdiff_t>(newest_ - seen);
    const auto end = begin + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(limit, newest_ - seen));
    std::vector<change> out;
    std::set<std::tuple<bool, std::int64_t, std::string>> told;
    for (auto at = end; at != begin;) {
        --at;
        if (told.emplace(at->of_server, at->user_id, at->server).second) out.push_back(*at);
    }
    std::ranges::reverse(out);
    return out;
}

boost::asio::awaitable<void> change_feed::more(clock& time, duration limit, std::uint64_t seen) const {
    auto bell = bell_;
    const auto count = bell->count();
    if (newest_ == seen) co_await bell->wait(time, limit, count);
}

change_feed::place::place(std::shared_ptr<std::map<std::string, std::size_t>> all, std::string who) : all_(std::move(all)), who_(std::move(who)) {
    ++(*all_)[who_];
}

change_feed::place::~place() {
    if (const auto at = all_->find(who_); --at->second == 0) all_->erase(at);
}

std::shared_ptr<change_feed::place> change_feed::follow(const std::string& who) {
    const auto count = [](std::size_t n, const auto& one) { return n + one.second; };
    if (std::accumulate(followers_->begin(), followers_->end(), std::size_t{0}, count) >= most_followers) return nullptr;
    if (const auto at = followers_->find(who); at != followers_->end() && at->second >= most_of_one) return nullptr;
    return std::make_shared<place>(followers_, who);
}

} // namespace berth::hub
