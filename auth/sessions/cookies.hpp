// SPDX-License-Identifier: BSD-3-Clause
// The values and attributes of the hub's cookies. Private to the room.
//
//   jupyterhub-hub-login = key "." mac(key)      key: 32 random bytes; base64url
//   _xsrf, signed in     = mac(session id)
//   _xsrf, anonymous     = nonce "." mac(nonce)  nonce: 16 random bytes; base64url
//
// mac is HMAC-SHA256 under the cookie secret, of a label for each use and the text: another secret makes all
// of them void.
#pragma once

#include "auth/sessions/sessions.hpp"

namespace berth::auth {

inline constexpr std::string_view login_cookie = "jupyterhub-hub-login";
inline constexpr std::string_view session_id_cookie = "jupyterhub-session-id";
inline constexpr std::string_view services_cookie = "jupyterhub-services";
inline constexpr std::string_view xsrf_cookie = "_xsrf";

class cookie_maker {
  public:
    explicit cookie_maker(const session_settings& settings);

    // A new login cookie's value.
    secret make_login() const;
    // SHA-256 (hex) of the key, by which the session is kept; nothing when the value was not made under this
    // secret.
    std::optional<std::string> login_digest(std::string_view value) const;

    std::string session_xsrf(std::string_view session_id) const;
    std::string make_anonymous_xsrf() const;
    bool is_anonymous_xsrf(std::string_view value) const;

    // Tells sessions of this secret from those of an earlier one.
    std::string secret_id() const;

    void set_login(const http::request& r, http::response& answer, const secret& value) const;
    void set_session_id(const http::request& r, http::response& answer, const std::string& id) const;
    void set_xsrf(const http::request& r, http::response& answer, const std::string& value) const;
    void clear_login(const http::request& r, http::response& answer) const;
    // Those that JupyterHub clears at sign-out: session id, login, services, xsrf.
    void clear_all(const http::request& r, http::response& answer) const;

  private:
    std::string mac(std::string_view label, std::string_view text) const;
    http::cookie base(const http::request& r, std::string_view name, std::string_view below) const;
    void clear(const http::request& r, http::response& answer, std::string_view name,
               std::string_view below) const;

    const session_settings& settings_;
};

} // namespace berth::auth
