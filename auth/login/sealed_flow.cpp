// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/sealed_flow.hpp"

#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/sealing.hpp"

#include <array>
#include <charconv>

namespace berth::auth {
namespace {

constexpr std::size_t longest_cookie = 8192;

} // namespace

flow_sealer::flow_sealer(const secret& key)
    : key_(hmac_sha256(key.reveal(), "berth: cookies of a sign-in under way, AES-256-GCM")) {}

secret flow_sealer::seal(const sign_in_flow& flow) const {
    std::string plain = std::to_string(flow.began.time_since_epoch().count());
    for (const auto part : {std::string_view(flow.state), std::string_view(flow.nonce),
                            flow.verifier.reveal(), std::string_view(flow.next)}) {
        plain += '\n';
        plain += part;
    }
    const secret wiped(std::move(plain));
    return secret(base64url_encode(berth::seal(key_, wiped.reveal(), "")));
}

std::optional<sign_in_flow> flow_sealer::open(const secret& cookie) const {
    if (cookie.reveal().size() > longest_cookie) return std::nullopt;
    const auto sealed = base64url_decode(cookie.reveal());
    const auto plain = sealed ? unseal(key_, *sealed, "") : std::nullopt;
    if (!plain) return std::nullopt;
    std::array<std::string_view, 5> parts;
    auto rest = plain->reveal();
    for (auto& part : parts) {
        // The last one takes all that is left.
        const auto end = &part == &parts.back() ? rest.npos : rest.find('\n');
        part = rest.substr(0, end);
        rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
    }
    duration::rep count = 0;
    std::from_chars(parts[0].data(), parts[0].data() + parts[0].size(), count);
    return sign_in_flow{.began = time_point(duration(count)),
                        .state = std::string(parts[1]),
                        .nonce = std::string(parts[2]),
                        .next = std::string(parts[4]),
                        .verifier = secret(std::string(parts[3]))};
}

} // namespace berth::auth
