// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"

#include <map>
#include <string>
#include <string_view>

#include <kainjow/mustache.hpp>

namespace berth::pages {

using data = kainjow::mustache::data;

// Mustache templates by name, parsed once. Values are HTML-escaped by construction; {{{ }}} is for HTML made
// here.
class template_library {
  public:
    // The embedded templates; NAME.mustache in `folder` (may be "") replaces the one of that name. A template
    // that does not parse is invalid_argument with its file's name and the place.
    static result<template_library> load(const std::string& folder);

    std::string render(std::string_view name, const data& values) const;

  private:
    // Rendering walks the parsed tree without changing it, but the library's render() is not const.
    mutable std::map<std::string, kainjow::mustache::mustache, std::less<>> parsed_;
};

} // namespace berth::pages
