// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/proxy/body_framing.hpp"
#include "daemon/proxy/byte_stream.hpp"

#include <span>

namespace berth::proxy {

// One direction of a body or a tunnel. Bytes go from one socket through the thread's scratch memory to the
// other; nothing more is read while the sink has something unsent, so each direction keeps at most one
// window. A value.
struct pump {
    enum class flow : std::uint8_t {
        waiting,      // for either socket
        yielded,      // more to do, others first
        done,         // the body has ended and all of it was taken by the kernel or is in the sink's hands
        source_ended, // before the body's end (for a tunnel: the half-close), everything passed on
        source_broken,
        sink_broken,
        malformed,
    };
    static constexpr std::size_t first_window = 16 << 10, max_window = 128 << 10;

    body_framing framing;
    bool decode = false; // chunked coding off
    std::size_t window = first_window;

    // `scratch`: at least max_window. Adds the bytes that moved to `moved`.
    flow run(byte_stream& from, byte_stream& to, std::span<char> scratch, std::size_t& moved);

    // Appends to `head` what of the body has already been read, so that both leave in one piece. False:
    // malformed.
    bool join(std::string& head, byte_stream& from);
};

} // namespace berth::proxy
