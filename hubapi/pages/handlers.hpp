// SPDX-License-Identifier: BSD-3-Clause
// The pages' addresses (hub contract, section 5).
#pragma once

#include "daemon/http/router.hpp"
#include "hubapi/model/hub.hpp"
#include "hubapi/pages/render.hpp"

#include <string>
#include <vector>

namespace berth::pages {

// All pages. On the hub thread; outlives the router that it is registered with, and is outlived by what it is
// given.
class page_handlers {
  public:
    page_handlers(hub::hub& h, const renderer& draw) : hub_(h), draw_(draw) {}
    page_handlers(const page_handlers&) = delete;
    page_handlers& operator=(const page_handlers&) = delete;

    void add_routes(http::router& routes);

    // What no route takes, except below /hub/api/: elsewhere than /hub/ a redirect into it (424 for programs
    // that call a stopped server), below it the page that says so. `allowed`: the path's methods when only
    // the method is wrong.
    http::response unknown(const http::request& r, const std::vector<std::string>& allowed = {}) const;

  private:
    hub::hub& hub_;
    const renderer& draw_;
};

// An error's page in words for its status. `what` "" gives the usual words.
http::response error_page(hub::hub& h, const renderer& draw, const http::request& r, int status,
                          std::string what = "", std::string remedy = "");

} // namespace berth::pages
