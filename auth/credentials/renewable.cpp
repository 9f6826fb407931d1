// SPDX-License-Identifier: BSD-3-Clause
#include "auth/credentials/renewable.hpp"

#include "auth/credentials/user_credentials.hpp"
#include "auth/provider/words.hpp"
#include "daemon/runtime/encoding.hpp"

#include <algorithm>

namespace berth::auth {
namespace {

using namespace std::chrono_literals;

constexpr duration first_pause = 1s, longest_pause = 60s;
constexpr duration assumed_life = 5min;
constexpr duration new_for = 5s;

// Evenly spread bits from any number (SplitMix64).
std::uint64_t scatter(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

std::optional<time_point> own_expiry(std::string_view token) {
    if (!read_token_head(token)) return std::nullopt;
    const auto first = token.find('.');
    auto payload = base64url_decode(token.substr(first + 1, token.rfind('.') - first - 1));
    return payload ? claims(std::move(*payload)).time("exp") : std::nullopt;
}

} // namespace

void backoff::failed(time_point now) {
    const auto whole = std::min(longest_pause, first_pause * (1 << std::min(failures_, 6)));
    ++failures_;
    const auto part =
        static_cast<std::int64_t>(scatter(seed_ + static_cast<std::uint64_t>(failures_)) % 1024);
    since_ = now;
    until_ = now + whole / 2 + whole * part / 2048;
}

bool token_life::has(duration wanted, time_point now) const {
    return now >= came && ends.value_or(came + assumed_life) - now >= std::max(wanted, duration(1));
}

bool token_life::is_new(time_point now) const {
    return now >= came && now < came + new_for && may_do(duration::zero(), now);
}

bool token_life::may_do(duration need, time_point now) const {
    return !ends || *ends - now >= std::max(need, duration(1));
}

token_life life_of(const token_grant& g, time_point now) {
    return {now, g.access_expires ? g.access_expires : own_expiry(g.access_token.reveal())};
}

access renewable::give() const { return {token, life.end()}; }

bool renewable::is_fresh(duration wanted, time_point now) const {
    return !token.empty() && !distrusted && (life.has(wanted, now) || life.is_new(now));
}

void renewable::took(secret access_token, token_life new_life) {
    token = std::move(access_token);
    life = new_life;
    distrusted = false;
    trouble.reset();
    pause.succeeded();
}

void renewable::failed(failure why, time_point now) {
    trouble = std::move(why);
    pause.failed(now);
}

void short_life_notice::look(const renewable& r, duration wanted, time_point now, logger& log) {
    if (told_ || r.life.has(wanted, now) || !r.life.ends) return;
    told_ = true;
    log.warning(
        "credential.short_lived",
        {{"seconds_left", whole_seconds(*r.life.ends - now)},
         {"seconds_wanted", whole_seconds(wanted)},
         {"remedy",
          "the identity provider's access tokens live shorter than what is asked of them; they are "
          "used all the same, and renewed more often: lower refresh_margin, or let them live longer"}});
}

} // namespace berth::auth
