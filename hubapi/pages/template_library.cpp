// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/pages/template_library.hpp"

#include "hubapi/pages/embedded.hpp"

#include <fstream>
#include <iterator>
#include <optional>

namespace berth::pages {

namespace {

std::optional<std::string> read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
}

} // namespace

result<template_library> template_library::load(const std::string& folder) {
    template_library made;
    for (const auto& file : embedded_templates()) {
        const std::string path = folder + "/" + std::string(file.name);
        const auto own = folder.empty() ? std::nullopt : read(path);
        kainjow::mustache::mustache parsed(own ? *own : std::string(file.content));
        if (!parsed.is_valid()) {
            return fail(errc::invalid_argument, (own ? path : std::string(file.name)) +
                                                    " is not a Mustache template: " + parsed.error_message());
        }
        const auto name = file.name.substr(0, file.name.rfind('.'));
        made.parsed_.emplace(std::string(name), std::move(parsed));
    }
    return made;
}

std::string template_library::render(std::string_view name, const data& values) const {
    const auto found = parsed_.find(name);
    return found == parsed_.end() ? std::string() : found->second.render(values);
}

} // namespace berth::pages
