// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/load/websocket.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <stdexcept>

namespace berth::bench {
namespace {

unsigned byte_at(std::string_view s, std::size_t i) { return static_cast<unsigned char>(s[i]); }

std::string frame_head(unsigned opcode, std::size_t length, bool masked) {
    std::string head(1, static_cast<char>(0x80U | opcode));
    const unsigned mask = masked ? 0x80U : 0U;
    if (length < 126) {
        head += static_cast<char>(mask | length);
    } else {
        head += static_cast<char>(mask | 126U);
        head += static_cast<char>(length >> 8U);
        head += static_cast<char>(length & 0xFFU);
    }
    return head;
}

} // namespace

descriptor open_websocket(std::uint16_t port, std::string_view path) {
    auto s = connect_to(port);
    send_all(s.get(), std::string("GET ").append(path) +
                          " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
    std::string rest;
    const auto head = read_head(s.get(), rest);
    if (status_of(head) != 101) throw std::runtime_error("no websocket: " + head);
    return s;
}

std::string accept_key(std::string_view key) {
    const auto text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455, 1.3
    unsigned char digest[SHA_DIGEST_LENGTH];
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
    unsigned char encoded[32];
    const int n = EVP_EncodeBlock(encoded, digest, sizeof digest);
    return {reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(n)};
}

std::string client_frame(std::string_view payload) {
    return frame_head(1, payload.size(), true).append(4, '\0').append(payload);
}

std::optional<frame> first_frame(std::string_view bytes) {
    if (bytes.size() < 2) return {};
    const bool masked = (byte_at(bytes, 1) & 0x80U) != 0;
    std::size_t length = byte_at(bytes, 1) & 0x7FU, at = 2;
    if (length == 127) throw std::runtime_error("a frame is longer than what is measured here");
    if (length == 126) {
        if (bytes.size() < 4) return {};
        length = byte_at(bytes, 2) << 8U | byte_at(bytes, 3);
        at = 4;
    }
    const std::size_t mask = at;
    if (masked) at += 4;
    if (bytes.size() < at + length) return {};
    frame f{byte_at(bytes, 0) & 0x0FU, std::string(bytes.substr(at, length)), at + length};
    for (std::size_t i = 0; masked && i < length; ++i)
        f.payload[i] = static_cast<char>(byte_at(f.payload, i) ^ byte_at(bytes, mask + i % 4));
    return f;
}

std::string server_frame(const frame& f) { return frame_head(f.opcode, f.payload.size(), false) + f.payload; }

} // namespace berth::bench
