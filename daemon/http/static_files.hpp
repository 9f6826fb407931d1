// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/request.hpp"
#include "daemon/http/response.hpp"

#include <map>
#include <string>
#include <string_view>

namespace berth::http {

struct asset {
    std::string_view content;    // embedded in the program
    std::string_view media_type; // "text/css; charset=utf-8"
};

// Assets named by their content: url("style.css") is "style.<hash>.css", served with Cache-Control:
// immutable; the plain name is served with no-cache. ETag and If-None-Match, HEAD. Immutable after
// construction.
class asset_library {
  public:
    // `folder`: files in it replace embedded ones of the same name (read once, here). May be empty.
    asset_library(std::map<std::string, asset> embedded, const std::string& folder);
    std::string url(std::string_view name) const; // the hashed name; `name` itself when unknown
    response serve(const request& r, std::string_view name) const; // 404 when unknown

  private:
    struct entry {
        std::string content, media_type, hash;
    };
    std::map<std::string, entry, std::less<>> by_name_; // plain and hashed names
    std::map<std::string, std::string, std::less<>> hashed_;
};

} // namespace berth::http
