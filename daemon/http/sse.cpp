// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/sse.hpp"

namespace berth::http {

std::string sse_data(std::string_view json) {
    std::string frame;
    frame.reserve(json.size() + 8);
    while (true) {
        auto end = json.find_first_of("\r\n");
        frame.append("data: ").append(json.substr(0, end)).append("\n");
        if (end == std::string_view::npos) break;
        json.remove_prefix(end + (json.substr(end).starts_with("\r\n") ? 2 : 1));
    }
    frame += '\n';
    return frame;
}

std::string_view sse_keep_alive() { return ":\n\n"; }

} // namespace berth::http
