// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/router.hpp"
#include "daemon/http/server.hpp"
#include "hubapi/model/hub.hpp"

#include <functional>

namespace berth::hub {

// From the listener to the handlers: finds the route, sees that every answer has the headers that JupyterHub's clients
// rely on (hub contract 1.1), counts it. Lives on the hub thread, outlives the listener.
class front_desk {
  public:
    using answer_unknown = std::function<http::response(const http::request&, const std::vector<std::string>& allowed)>;

    // `unknown`: answers what no route takes, outside of /hub/api; `allowed`: the path's methods when only the method is
    // wrong.
    front_desk(hub& h, http::router routes, answer_unknown unknown);

    boost::asio::awaitable<http::response> answer(http::request r);

  private:
    boost::asio::awaitable<http::response> find_answer(http::request r, std::string& pattern);
    http::response unknown_api(const http::request& r, const http::router::match& m) const;
    void add_common_headers(http::response& answer, bool api) const;

    hub& hub_;
    http::router routes_;
    answer_unknown unknown_;
};

} // namespace berth::hub
