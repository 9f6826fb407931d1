// SPDX-License-Identifier: BSD-3-Clause
#include "tests/fuzz/support.hpp"

#include "daemon/runtime/encoding.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace berth::fuzz {

void check(bool holds, std::string_view what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
    std::abort();
}

std::string_view lines::next() {
    const auto end = std::min(rest_.find('\n'), rest_.size());
    const auto line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return line;
}

std::string lines::decoded() { return percent_decode(next()); }

std::vector<std::string> lines::until_empty_line() {
    std::vector<std::string> out;
    while (!empty()) {
        const auto line = next();
        if (line.empty()) break;
        out.emplace_back(line);
    }
    return out;
}

void in_pieces(std::string_view bytes, const std::function<void(std::string_view)>& take) {
    const std::size_t piece = 1 + bytes.size() % 7;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) take(bytes.substr(0, piece));
}

bool is_one_line(std::string_view text) {
    return std::ranges::none_of(text, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

} // namespace berth::fuzz

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    fuzz({reinterpret_cast<const char*>(data), size});
    return 0;
}
