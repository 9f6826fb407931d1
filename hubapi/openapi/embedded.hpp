// SPDX-License-Identifier: BSD-3-Clause
// The files of document/, put into the program by embed.cmake.
#pragma once

#include <span>
#include <string_view>

namespace berth::openapi {

struct embedded_file {
    std::string_view name; // "users.json"
    std::string_view content;
};

std::span<const embedded_file> embedded_parts();

} // namespace berth::openapi
