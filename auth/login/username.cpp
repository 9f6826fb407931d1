// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/login.hpp"
#include "daemon/runtime/encoding.hpp"

#include <algorithm>

namespace berth::auth {
namespace {

constexpr std::size_t longest = 255;

// What is wrong with it; empty when nothing is.
std::string_view fault_of(std::string_view name) {
    if (name.empty()) return "is empty";
    if (name.size() > longest) return "is longer than 255 bytes";
    if (!is_valid_utf8(name)) return "is not UTF-8";
    if (name.find('/') != std::string_view::npos) return "holds a \"/\"";
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    if (std::ranges::any_of(name, is_control)) return "holds control characters";
    if (trim(name).size() != name.size()) return "begins or ends with a blank";
    if (name.find_first_not_of('.') == std::string_view::npos) return "holds only dots";
    return {};
}

} // namespace

result<std::string> normalise_username(std::string_view name) {
    auto out = to_lower_ascii(trim(name));
    auto fault = fault_of(out);
    // Names stand in URLs, where something in between may decode them once more.
    if (fault.empty()) fault = fault_of(percent_decode(out));
    if (!fault.empty()) return fail(errc::invalid_argument, "the username " + std::string(fault));
    return out;
}

} // namespace berth::auth
