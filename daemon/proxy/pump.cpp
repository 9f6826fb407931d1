// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/pump.hpp"

#include <algorithm>

namespace berth::proxy {

pump::flow pump::run(byte_stream& from, byte_stream& to, std::span<char> scratch, std::size_t& moved) {
    for (std::size_t budget = 1 << 20;;) {
        if (!to.flush()) return flow::sink_broken;
        if (framing.done()) return flow::done;
        if (to.unsent()) return flow::waiting;
        if (budget == 0) return flow::yielded;
        const auto room = scratch.first(framing.at_most(window));
        const auto r = from.read(room);
        if (r.state == io_state::blocked) return flow::waiting;
        if (r.state == io_state::ended) return flow::source_ended;
        if (r.state == io_state::broken) return flow::source_broken;
        const auto got = room.first(r.bytes);
        std::size_t kept = 0;
        const auto used = decode ? framing.decode(got, kept) : kept = framing.follow(got);
        if (framing.malformed()) return flow::malformed;
        from.put_back({got.data() + used, got.size() - used});
        moved += used;
        budget -= std::min(budget, used);
        if (!to.write({got.data(), kept})) return flow::sink_broken;
        if (to.unsent())
            window = first_window;
        else if (r.bytes == room.size())
            window = std::min(window * 2, max_window);
    }
}

bool pump::join(std::string& head, byte_stream& from) {
    auto& bytes = from.unread();
    if (bytes.empty() || framing.done()) return true;
    std::size_t kept = 0;
    const auto used = decode ? framing.decode(bytes, kept) : kept = framing.follow(bytes);
    head.append(bytes, 0, kept);
    if (used == bytes.size())
        std::string().swap(bytes);
    else
        bytes.erase(0, used);
    return !framing.malformed();
}

} // namespace berth::proxy
