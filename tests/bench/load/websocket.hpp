// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "tests/bench/load/sockets.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace berth::bench {

// A websocket to 127.0.0.1:port, already open; blocking. Throws what the server said when it refused.
descriptor open_websocket(std::uint16_t port, std::string_view path);

// Sec-WebSocket-Accept for a client's key.
std::string accept_key(std::string_view key);

// One frame of a client: masked, with the key 0, so that its payload stays readable. Up to 65,535 bytes.
std::string client_frame(std::string_view payload);

// Where a frame ends and what it holds.
struct frame {
    unsigned opcode = 0;
    std::string payload;
    std::size_t size = 0; // of the whole frame
};
// The frame at the begin of `bytes`; nothing while it is not whole. Up to 65,535 bytes of payload.
std::optional<frame> first_frame(std::string_view bytes);

// The same frame as a server sends it.
std::string server_frame(const frame& f);

} // namespace berth::bench
