// SPDX-License-Identifier: BSD-3-Clause
#include "auth/credentials/bearer_verdicts.hpp"

#include <algorithm>
#include <utility>

namespace berth::auth {
namespace {

constexpr std::size_t most = 1'000;

} // namespace

void bearer_verdicts::put(table& where, std::string digest, verdict v, time_point now) {
    if (where.size() >= most) std::erase_if(where, [&](const auto& one) { return one.second.until <= now; });
    if (where.size() >= most)
        where.erase(std::ranges::min_element(where, {}, [](const auto& one) { return one.second.until; }));
    where.insert_or_assign(std::move(digest), std::move(v));
}

const bearer_verdicts::verdict* bearer_verdicts::look(const table& where, const std::string& digest,
                                                      time_point now) {
    const auto it = where.find(digest);
    return it == where.end() || it->second.until <= now ? nullptr : &it->second;
}

void bearer_verdicts::remember_good(std::string digest, std::string user, time_point until, time_point now) {
    bad_.erase(digest);
    put(good_, std::move(digest), {std::move(user), until}, now);
}

void bearer_verdicts::remember_bad(std::string digest, time_point until, time_point now) {
    put(bad_, std::move(digest), {{}, until}, now);
}

bool bearer_verdicts::knows(const std::string& digest, time_point now) const {
    return look(good_, digest, now) || look(bad_, digest, now);
}

std::optional<std::string> bearer_verdicts::user_of(const std::string& digest, time_point now) const {
    const auto* v = look(good_, digest, now);
    return v ? std::optional(v->user) : std::nullopt;
}

} // namespace berth::auth
