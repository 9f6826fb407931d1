// SPDX-License-Identifier: BSD-3-Clause
#include "auth/provider/words.hpp"

#include "daemon/runtime/encoding.hpp"

namespace berth::auth {

std::string printable(std::string_view text) {
    constexpr std::size_t longest = 200;
    if (!is_valid_utf8(text)) return "(not UTF-8)";
    std::string out;
    for (unsigned char c : text.substr(0, longest))
        if (c >= 0x20 && c != 0x7f) out += static_cast<char>(c);
    while (!is_valid_utf8(out)) out.pop_back(); // cut inside a character
    return out;
}

} // namespace berth::auth
