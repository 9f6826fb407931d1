// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/script/quoting.hpp"

#include <fmt/format.h>

namespace berth::scheduler {
namespace {

bool plain(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80 ||
           std::string_view("_./:=@%+,-").find(static_cast<char>(c)) != std::string_view::npos;
}

} // namespace

std::string shell_quote(std::string_view value) {
    value = value.substr(0, value.find('\0'));
    if (value.empty()) return "''";
    std::string out;
    out.reserve(value.size() + 8);
    for (const unsigned char c : value) {
        if (plain(c))
            out += static_cast<char>(c);
        else if (c < 0x20 || c == 0x7f)
            out += fmt::format("$'\\{:03o}'", c);
        else
            out += {'\\', static_cast<char>(c)};
    }
    return out;
}

std::string shell_words(std::span<const std::string> words) {
    std::string out;
    for (const auto& w : words) {
        if (!out.empty()) out += ' ';
        out += shell_quote(w);
    }
    return out;
}

} // namespace berth::scheduler
