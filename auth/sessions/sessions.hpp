// SPDX-License-Identifier: BSD-3-Clause
// Browser sessions: the hub's cookies, XSRF tokens, and how a session ends (hub contract 4; seed 001).
#pragma once

#include "daemon/http/request.hpp"
#include "daemon/http/response.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/result.hpp"
#include "daemon/runtime/secret.hpp"
#include "daemon/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::auth {

// One signed-in browser. Kept on the server, so that a copied cookie dies with the session.
struct session {
    std::int64_t id = 0;
    std::int64_t user_id = 0;
    std::string session_id; // the jupyterhub-session-id cookie: ties OAuth tokens to this browser
    std::string user_agent, address;
    time_point created{}, last_seen{};
};

struct session_settings {
    std::string base_url = "/";
    secret cookie_secret;
    duration max_age = std::chrono::hours(24 * 14);
    bool always_secure = false; // public_url is https; otherwise Secure follows the request's scheme
    std::string public_url; // [hub] public_url: its host counts as the hub's own, whatever Host a proxy sends
};

// All sessions, in memory and in the store. The login cookie is kept as a hash only, and signed: a changed
// cookie secret signs every browser out. On the hub thread. Pointers are valid until the next co_await.
class session_store {
  public:
    session_store(clock& time, logger& log, store::database& db, session_settings settings);
    session_store(const session_store&) = delete;
    session_store& operator=(const session_store&) = delete;
    ~session_store();

    static store::migrations tables();
    boost::asio::awaitable<result<void>> load();
    // How long a session is good, of those that exist as well.
    void change_max_age(duration d);

    // Called for every session that has ended (signed out, replaced, ended from a page, expired and purged),
    // after that is durable: for revoking its OAuth tokens and closing its websockets. `told` must not wait.
    void on_end(std::function<void(const session&)> told);

    // Signs a browser in: a new session with a new session id (a preset one is never kept), and the cookies
    // jupyterhub-hub-login (path <base>hub/, HttpOnly), jupyterhub-session-id (path <base>, HttpOnly) and
    // _xsrf (path <base>hub/, readable by scripts) on `answer`. Other sessions of this browser end, and the
    // user's oldest above 50. Both must outlive the call. On failure `answer` has no cookies, unless only the
    // ending of others failed.
    boost::asio::awaitable<result<void>> sign_in(const http::request& r, http::response& answer,
                                                 std::int64_t user_id);

    // The request's session by its jupyterhub-hub-login cookie (each cookie of that name is tried), or
    // nullptr.
    const session* find(const http::request& r);

    // Ends the session and clears the cookies (whenever a login cookie was sent); tells which session it was,
    // for revoking its OAuth tokens. On failure nothing has changed: the browser is still signed in.
    boost::asio::awaitable<result<std::optional<session>>> sign_out(const http::request& r,
                                                                    http::response& answer);
    // Unknown ids are no error. On failure they live on.
    boost::asio::awaitable<result<void>> end(std::vector<std::int64_t> ids);
    boost::asio::awaitable<result<void>> end_user(std::int64_t user_id);
    // Ends what is older than max_age (it is not accepted before either). For once an hour.
    boost::asio::awaitable<result<void>> purge_expired();
    std::vector<const session*> of_user(std::int64_t user_id) const; // oldest first

    // The token that forms carry as _xsrf and scripts as X-XSRFToken: bound to the session, or to a random
    // cookie while nobody is signed in (then `answer` gets the _xsrf cookie unless the browser has a good
    // one).
    std::string xsrf_token(const http::request& r, http::response& answer);
    // Checks `?_xsrf=`, the form field given, X-XSRFToken or X-CSRFToken against what this browser should
    // have. Each _xsrf cookie that arrives is tried. Cross-site requests by Sec-Fetch-Site or Origin are
    // refused first. `denied` with JupyterHub's words ("'_xsrf' argument missing from POST"). A token from
    // before the sign-in is not good after it: pages of user servers can fetch one.
    result<void> check_xsrf(const http::request& r, std::optional<std::string> form_field) const;

    // Whether a request that a cookie signs in must pass check_xsrf: anything that is not a plain navigation,
    // a program's GET, or a same-origin image or script. (On the API every request with Sec-Fetch-Mode "cors"
    // needs it, GET as well.)
    static bool needs_xsrf(const http::request& r);

    // What a visit to the sign-in page, or a redirect to it, puts right: a login cookie that is good for
    // nothing is cleared; who is signed in gets the session id again if the browser lost it, and _xsrf anew.
    void mend_cookies(const http::request& r, http::response& answer) const;

    // The jupyterhub-session-id that the browser sent with a live session; "" otherwise.
    std::string session_id_of(const http::request& r);

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace berth::auth
