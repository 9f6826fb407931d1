// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/router.hpp"
#include "hubapi/model/hub.hpp"
#include "hubapi/oauth/codes.hpp"

namespace berth::pages {
class renderer;
}

namespace berth::hub {

// The hub as the OAuth provider that single-user servers sign in with (hub contract 3):
//   GET, POST /hub/api/oauth2/authorize   a browser with the hub's cookie gets a code, after consent where it is due
//   POST      /hub/api/oauth2/token       the server exchanges it for an access token bound to the browser's session
// On the hub thread; outlives the router that it is registered with.
class oauth_provider {
  public:
    oauth_provider(hub& h, const pages::renderer& pages);
    oauth_provider(const oauth_provider&) = delete;
    oauth_provider& operator=(const oauth_provider&) = delete;

    void add_routes(http::router& routes);

  private:
    boost::asio::awaitable<http::response> authorize(http::request r);
    boost::asio::awaitable<http::response> token(http::request r);

    hub& hub_;
    const pages::renderer& pages_;
    code_table codes_;
};

} // namespace berth::hub
