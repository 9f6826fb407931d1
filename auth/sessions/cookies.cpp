// SPDX-License-Identifier: BSD-3-Clause
#include "auth/sessions/cookies.hpp"

#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"

namespace berth::auth {
namespace {

constexpr std::size_t login_key_bytes = 32;
constexpr std::size_t nonce_bytes = 16;
constexpr std::size_t mac_characters = 43; // 32 bytes in base64url

std::size_t encoded_size(std::size_t bytes) { return (bytes * 4 + 2) / 3; }

long seconds(duration d) {
    return static_cast<long>(std::chrono::duration_cast<std::chrono::seconds>(d).count());
}

// The text before the dot, when the whole has the right shape.
std::optional<std::string_view> signed_text(std::string_view value, std::size_t bytes) {
    const auto size = encoded_size(bytes);
    if (value.size() != size + 1 + mac_characters || value[size] != '.') return std::nullopt;
    return value.substr(0, size);
}

} // namespace

cookie_maker::cookie_maker(const session_settings& settings) : settings_(settings) {}

std::string cookie_maker::mac(std::string_view label, std::string_view text) const {
    std::string data(label);
    data += '\0';
    data += text;
    return base64url_encode(hmac_sha256(settings_.cookie_secret.reveal(), data));
}

secret cookie_maker::make_login() const {
    const auto key = base64url_encode(random_bytes(login_key_bytes));
    return secret(key + "." + mac("login", key));
}

std::optional<std::string> cookie_maker::login_digest(std::string_view value) const {
    const auto key = signed_text(value, login_key_bytes);
    if (!key || !equal_constant_time(value.substr(key->size() + 1), mac("login", *key))) return std::nullopt;
    return sha256_hex(*key);
}

std::string cookie_maker::session_xsrf(std::string_view session_id) const {
    return mac("xsrf-session", session_id);
}

std::string cookie_maker::make_anonymous_xsrf() const {
    const auto nonce = base64url_encode(random_bytes(nonce_bytes));
    return nonce + "." + mac("xsrf-anonymous", nonce);
}

bool cookie_maker::is_anonymous_xsrf(std::string_view value) const {
    const auto nonce = signed_text(value, nonce_bytes);
    return nonce && equal_constant_time(value.substr(nonce->size() + 1), mac("xsrf-anonymous", *nonce));
}

std::string cookie_maker::secret_id() const { return mac("secret-id", "").substr(0, 16); }

http::cookie cookie_maker::base(const http::request& r, std::string_view name, std::string_view below) const {
    http::cookie c;
    c.name = name;
    c.path = settings_.base_url;
    c.path += below;
    c.secure = settings_.always_secure || r.scheme == "https";
    return c;
}

void cookie_maker::set_login(const http::request& r, http::response& answer, const secret& value) const {
    auto c = base(r, login_cookie, "hub/");
    c.value = value.reveal();
    c.max_age = seconds(settings_.max_age);
    http::set_cookie(answer, c);
}

void cookie_maker::set_session_id(const http::request& r, http::response& answer,
                                  const std::string& id) const {
    auto c = base(r, session_id_cookie, "");
    c.value = id;
    // As long as the login: a browser that is started again would otherwise be signed in to the hub and not
    // to its servers.
    c.max_age = seconds(settings_.max_age);
    http::set_cookie(answer, c);
}

void cookie_maker::set_xsrf(const http::request& r, http::response& answer, const std::string& value) const {
    auto c = base(r, xsrf_cookie, "hub/");
    c.value = value;
    c.http_only = false; // scripts read it
    http::set_cookie(answer, c);
}

void cookie_maker::clear(const http::request& r, http::response& answer, std::string_view name,
                         std::string_view below) const {
    auto c = base(r, name, below);
    c.http_only = false; // as JupyterHub's
    c.max_age = 0;
    http::set_cookie(answer, c);
}

void cookie_maker::clear_login(const http::request& r, http::response& answer) const {
    clear(r, answer, login_cookie, "hub/");
}

void cookie_maker::clear_all(const http::request& r, http::response& answer) const {
    clear(r, answer, session_id_cookie, "");
    clear_login(r, answer);
    clear(r, answer, services_cookie, "services");
    clear(r, answer, xsrf_cookie, "hub/");
}

} // namespace berth::auth
