// SPDX-License-Identifier: BSD-3-Clause
// What of RFC 6455 an echo needs, without a library: the handshake's digest, and frames.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace berth::mock {

inline std::array<unsigned char, 20> sha1(std::string text) {
    std::array<std::uint32_t, 5> h{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    const std::uint64_t bits = text.size() * 8;
    text += '\x80';
    while (text.size() % 64 != 56) text += '\0';
    for (int i = 7; i >= 0; --i) text += static_cast<char>(bits >> (8 * i));
    for (std::size_t block = 0; block < text.size(); block += 64) {
        std::array<std::uint32_t, 80> w{};
        for (std::size_t i = 0; i < 64; ++i)
            w[i / 4] = w[i / 4] << 8 | static_cast<unsigned char>(text[block + i]);
        for (std::size_t i = 16; i < 80; ++i)
            w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        auto [a, b, c, d, e] = h;
        for (std::size_t i = 0; i < 80; ++i) {
            const auto [f, k] = i < 20   ? std::pair((b & c) | (~b & d), 0x5A827999u)
                                : i < 40 ? std::pair(b ^ c ^ d, 0x6ED9EBA1u)
                                : i < 60 ? std::pair((b & c) | (b & d) | (c & d), 0x8F1BBCDCu)
                                         : std::pair(b ^ c ^ d, 0xCA62C1D6u);
            const auto next = std::rotl(a, 5) + f + e + k + w[i];
            e = d, d = c, c = std::rotl(b, 30), b = a, a = next;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    std::array<unsigned char, 20> out{};
    for (std::size_t i = 0; i < 20; ++i) out[i] = static_cast<unsigned char>(h[i / 4] >> (24 - 8 * (i % 4)));
    return out;
}

// The answer to a Sec-WebSocket-Key: 20 bytes in base64, so one "=" at the end.
inline std::string accept_key(std::string_view key) {
    static constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto sum = sha1(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    std::string out;
    for (std::size_t i = 0; i < 21; i += 3) {
        const unsigned last = i + 2 < 20 ? sum[i + 2] : 0u;
        const unsigned three = static_cast<unsigned>(sum[i] << 16 | sum[i + 1] << 8) | last;
        for (int shift = 18; shift >= 0; shift -= 6) out += digits[three >> shift & 63];
    }
    out.back() = '=';
    return out;
}

// A masked client frame of at most 1 MiB, taken from the front of `in`; nothing while more bytes are needed.
struct frame {
    int head = 0; // FIN, reserved bits, opcode
    std::string payload;
    bool refused = false;
    int opcode() const { return head & 0x0F; }
};

inline std::optional<frame> take_frame(std::string& in) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(in[i]); };
    if (in.size() < 2) return std::nullopt;
    std::uint64_t length = byte(1) & 0x7Fu;
    const std::size_t more = length == 127 ? 8 : length == 126 ? 2 : 0;
    if (in.size() < 6 + more) return std::nullopt;
    if (more > 0) length = 0;
    for (std::size_t i = 0; i < more; ++i) length = length << 8 | byte(2 + i);
    if (length > 1 << 20 || (byte(1) & 0x80u) == 0) return frame{0, "", true};
    const std::size_t begin = 6 + more;
    if (in.size() < begin + length) return std::nullopt;
    frame out{byte(0), in.substr(begin, length), false};
    for (std::size_t i = 0; i < length; ++i)
        out.payload[i] = static_cast<char>(out.payload[i] ^ in[begin - 4 + i % 4]);
    in.erase(0, begin + length);
    return out;
}

inline std::string server_frame(int head, std::string_view payload) {
    std::string out(1, static_cast<char>(head));
    const auto size = payload.size();
    const int more = size > 0xFFFF ? 8 : size > 125 ? 2 : 0;
    out += static_cast<char>(more == 8 ? 127u : more == 2 ? 126u : size);
    for (int i = more - 1; i >= 0; --i) out += static_cast<char>(size >> (8 * i));
    return out.append(payload);
}

} // namespace berth::mock
