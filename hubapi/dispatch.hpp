// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/router.hpp"
#include "daemon/http/server.hpp"
#include "daemon/runtime/task.hpp"
#include "hubapi/model/hub.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace berth::hub {

// From the listener to the handlers: finds the route, sees that every answer has the headers that JupyterHub's clients
// rely on (hub contract 1.1), counts it. Lives on the hub thread, outlives the listener.
class front_desk {
  public:
    using answer_unknown = std::function<http::response(const http::request&, const std::vector<std::string>& allowed)>;

    // A page's error in HTML.
    using explain_error = std::function<http::response(const http::request&, int status, std::string what)>;

    // `unknown`: answers what no route takes, outside of /hub/api; `allowed`: the path's methods when only the method is
    // wrong.
    front_desk(boost::asio::any_io_executor executor, hub& h, http::router routes, answer_unknown unknown, explain_error explain);

    boost::asio::awaitable<http::response> answer(http::request r);

  private:
    struct waiting;
    boost::asio::awaitable<http::response> find_answer(http::request r, std::string& pattern);
    boost::asio::awaitable<void> carry_out(std::shared_ptr<waiting> w, http::request r);
    boost::asio::awaitable<http::response> wait_for_answer(std::shared_ptr<waiting> w, http::request r);
    http::response still_waiting(const http::request& asked) const;
    http::response unknown_api(const http::request& r, const http::router::match& m) const;
    void add_common_headers(http::response& answer, bool api) const;

    hub& hub_;
    http::router routes_;
    answer_unknown unknown_;
    explain_error explain_;
    task_scope tasks_; // last: what it ends uses all the rest
};

} // namespace berth::hub
