// SPDX-License-Identifier: BSD-3-Clause
// Pages of lists (hub contract 1.2).
#pragma once

#include "daemon/http/request.hpp"
#include "daemon/http/response.hpp"
#include "daemon/runtime/result.hpp"

#include <cstddef>
#include <string>

namespace berth::hub {

struct page_request {
    std::size_t offset = 0, limit = 200;
    bool paged = false; // the client asked for {"items": ..., "_pagination": ...}
};

// `offset` and `limit` of the query: limit 50 by default for clients that page, 200 otherwise and at the most.
// invalid_argument when they are no integers.
result<page_request> read_page(const http::request& r);

// `items`: the page as a JSON array (or object). The bare list for clients that do not page.
http::response page_answer(const http::request& r, const page_request& page, std::size_t total, std::string items);

} // namespace berth::hub
