// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/order_shelf.hpp"

#include "daemon/runtime/digest.hpp"

#include <algorithm>

namespace berth::hub {
namespace {

constexpr std::size_t most = 1000;
constexpr duration good_for = std::chrono::minutes(10);

} // namespace

std::string order_shelf::put(start_order order, std::string next) {
    const auto now = time_.now();
    while (!entries_.empty() && (entries_.size() >= most || entries_.front().put_at + good_for <= now)) entries_.pop_front();
    entries_.push_back({random_alnum(24), {std::move(order), std::move(next)}, now});
    return entries_.back().name;
}

std::optional<order_shelf::shelved> order_shelf::take(std::string_view name, std::int64_t user_id) {
    const auto at = std::ranges::find_if(entries_, [&](const entry& e) { return equal_constant_time(e.name, name); });
    if (at == entries_.end() || at->what.order.user_id != user_id || at->put_at + good_for <= time_.now()) return std::nullopt;
    auto out = std::move(at->what);
    entries_.erase(at);
    return out;
}

} // namespace berth::hub
