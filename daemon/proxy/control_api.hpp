// SPDX-License-Identifier: BSD-3-Clause
// configurable-http-proxy's REST API (hub contract, section 7), and what our own hub asks beyond it:
//
//   GET    /api/routes[?inactive_since=T]  200 {"/user/al": {"target", ..., "last_activity"}}; 400: no time
//   GET    /api/routes/<path>              200, 404
//   POST   /api/routes/<path>              201; 400 without a string "target"
//   DELETE /api/routes/<path>              204, 404; closes the route's tunnels
//   PATCH  /api/routes                     200 {"routes": n}: {"/user/al": {"target", ...}, ...} are added, the
//                                          others stay; 400: none is
//   POST   /api/sessions/ended             200 {"closed": n}: {"session_id": "..."}; closes its tunnels
//   GET    /api/status                     200 {"pid", "version", "outdated", "connections", "tunnels",
//                                          "draining": earlier doors}; outdated: the program's file is another
//   POST   /api/reload                     200; 409 {"message"}: the settings are wrong, the old ones stay
//   POST   /api/replace                    200 {"pid"} of the successor, in charge; 409 {"message"}: the old is
//   POST   /api/shutdown                   202
//
// Without the right `Authorization: token <t>`: 403. Unknown path: 404; known path, wrong method: 405.
#pragma once

#include "daemon/proxy/control_server.hpp"
#include "daemon/proxy/route_book.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/secret.hpp"

#include <functional>
#include <string>
#include <utility>

namespace berth::proxy {

class worker;

// What the API needs of the front door.
class control_actions {
  public:
    virtual ~control_actions() = default;
    // Runs `work` on every io thread, then `done` on the control thread.
    virtual void on_all_workers(std::function<void(worker&)> work, std::function<void()> done) = 0;
    virtual std::string status_json() const = 0;
    virtual void reload(std::function<void(result<void>)> done) = 0;
    virtual void replace(std::function<void(result<pid_t>)> done) = 0;
    // A call that changes something: for the doors that still drain.
    virtual void pass_on(const control_request& call) = 0;
    virtual void shut_down() = 0;
};

// Lives on the control thread. A change is answered when every io thread has it.
class control_api {
  public:
    control_api(route_book& book, control_actions& actions, logger& log, secret token);
    void handle(control_request r, control_answer answer);
    void apply(control_request r); // a change that the successor was told, of a door that drains

  private:
    struct known_call;
    static const known_call* find_call(const std::string& path);
    void dispatch(const control_request& r, control_answer answer);
    void status(const control_request& r, control_answer answer);
    void reload(const control_request& r, control_answer answer);
    void replace_door(const control_request& r, control_answer answer);
    void shut_down(const control_request& r, control_answer answer);
    void routes(const control_request& r, const std::string& path, control_answer answer);
    void list(const control_request& r, const control_answer& answer);
    void get(const std::string& path, const control_answer& answer);
    void add(const std::string& path, const std::string& body, control_answer answer);
    void remove(const std::string& path, control_answer answer);
    void add_all(const std::string& body, control_answer answer);
    void session_ended(const control_request& r, control_answer answer);
    bool allowed(const control_request& r) const;

    route_book& book_;
    control_actions& actions_;
    logger& log_;
    secret token_;
};

} // namespace berth::proxy
