// SPDX-License-Identifier: BSD-3-Clause
// The files of templates/ and static/, put into the program by embed.cmake.
#pragma once

#include <span>
#include <string_view>

namespace berth::pages {

struct embedded_file {
    std::string_view name; // "home.mustache"
    std::string_view content;
};

std::span<const embedded_file> embedded_templates();
std::span<const embedded_file> embedded_assets();

} // namespace berth::pages
