// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/oauth/codes.hpp"

#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"


namespace berth::hub {
namespace {

constexpr auto lifetime = std::chrono::seconds(300);
constexpr std::size_t most_codes = 10'000;

} // namespace

void code_table::drop_expired() {
    while (!by_age_.empty() && (by_age_.front().first <= time_.now() || by_age_.size() >= most_codes)) {
        codes_.erase(by_age_.front().second);
        by_age_.pop_front();
    }
}

std::string code_table::issue(grant g) {
    drop_expired();
    auto code = random_alnum(30);
    const auto expires = time_.now() + lifetime;
    by_age_.emplace_back(expires, code);
    codes_[code] = {std::move(g), expires};
    return code;
}

const grant* code_table::find(std::string_view code) {
    const auto at = codes_.find(code);
    return at == codes_.end() || at->second.expires <= time_.now() ? nullptr : &at->second.what;
}

void code_table::use_up(std::string_view code) {
    if (const auto at = codes_.find(code); at != codes_.end()) codes_.erase(at);
}

bool pkce_matches(const grant& g, std::string_view verifier) {
    if (g.challenge.empty()) return true;
    if (g.challenge_method == "plain") return equal_constant_time(g.challenge, verifier);
    return equal_constant_time(g.challenge, base64url_encode(sha256(verifier)));
}

} // namespace berth::hub
