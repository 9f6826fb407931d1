// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "hubapi/pages/page.hpp"

namespace berth::pages {

// GET /hub/login where a trusted front proxy has signed the browser in: who its header names becomes a session. 403 with a
// page when the request came past the proxy, or the proxy named nobody.
asio::awaitable<response> sign_in_by_header(site_pages p, request r);

} // namespace berth::pages
