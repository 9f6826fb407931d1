// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/request.hpp"
#include "daemon/http/response.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace berth::http {

// Owns its request; runs on the hub thread; what it throws becomes a 500 and a log line.
using handler = std::function<boost::asio::awaitable<response>(request)>;

// Patterns are paths below base_url: "/hub/api/users/{user}/servers/{server}". {name} is one segment (never
// empty), {name*} at the end is the rest, slashes included, possibly empty. Literal segments win over names;
// longest literal prefix wins over {rest*}. Segments are matched after splitting the *undecoded* path, then
// decoded, so a %2F in a name is a slash in the parameter. Filled once at start; then const and used from the
// hub thread.
class router {
  public:
    router();
    router(router&&) noexcept;
    ~router();

    // `method`: "GET" also serves HEAD (the session drops the body). `route` names the handler in metrics.
    void add(std::string_view method, std::string_view pattern, handler h);

    // What was added, in that order.
    struct route {
        std::string method, pattern;
    };
    const std::vector<route>& table() const { return table_; }

    struct match {
        const handler* target = nullptr;  // null: no such path, or not with this method
        std::string pattern;              // for metrics and logs; "" when no path matched
        std::vector<std::string> allowed; // methods of the path when only the method is wrong
        std::map<std::string, std::string, std::less<>> params;
    };
    match find(std::string_view method, std::string_view path) const;

  private:
    struct node;
    std::unique_ptr<node> root_;
    std::vector<route> table_;
};

} // namespace berth::http
