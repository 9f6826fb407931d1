// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/firecrest/host_list.hpp"

#include <algorithm>

namespace berth::scheduler {
namespace {

constexpr std::size_t longest = 253; // of a host's name

bool in_a_name(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_';
}

} // namespace

std::string first_host(std::string_view list) {
    if (list == "None assigned" || list == "(null)") return {};
    std::string out;
    while (!list.empty()) {
        const char c = list.front();
        if (c == ',' || c == '+' || c == '/' || c == ':') break;
        if (c ==
            '[') { // "[007-010,12]": up to the first separator; what follows the bracket belongs to the name
            const auto end = list.find(']');
            if (end == list.npos) return {};
            const auto inside = list.substr(1, end - 1);
            out += inside.substr(0, inside.find_first_of(",-"));
            list.remove_prefix(end + 1);
            continue;
        }
        out += c;
        list.remove_prefix(1);
    }
    const bool good =
        !out.empty() && out.size() <= longest && out.front() != '-' && std::ranges::all_of(out, in_a_name);
    return good ? out : std::string();
}

} // namespace berth::scheduler
