// SPDX-License-Identifier: BSD-3-Clause
// What a browser says of itself: lines of "Name: value". No cookie is believed that was not made here.
#include "auth/sessions/cookies.hpp"
#include "auth/sessions/origin.hpp"
#include "daemon/runtime/encoding.hpp"
#include "tests/fuzz/support.hpp"

#include <string>

namespace {

using namespace berth;
using fuzz::check;

const auth::session_settings settings{.base_url = "/",
                                      .cookie_secret = secret(std::string(32, 's')),
                                      .always_secure = false,
                                      .public_url = "https://hub.example"};

void check_made_here(const auth::cookie_maker& cookies, const std::string& value) {
    check(!cookies.login_digest(value) && !cookies.is_anonymous_xsrf(value),
          "a cookie that was not made here is not believed");
    const auto mine = cookies.make_anonymous_xsrf();
    check(cookies.is_anonymous_xsrf(mine), "one that was made here is");
    check(!cookies.is_anonymous_xsrf(mine + value) || value.empty(), "and nothing longer");
}

} // namespace

void fuzz(std::string_view bytes) {
    fuzz::lines in(bytes);
    http::request r;
    r.method = in.next();
    std::string sent;
    while (!in.empty()) {
        const auto line = in.next();
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const auto value = trim(line.substr(colon + 1));
        if (iequals(line.substr(0, colon), "cookie")) sent.append(value).append("\n");
        r.headers.add(line.substr(0, colon), std::string(value));
    }
    r.host = r.header("host");
    const auth::cookie_maker cookies(settings);
    for (const auto name : {auth::login_cookie, auth::session_id_cookie, auth::xsrf_cookie})
        for (const auto& value : r.cookies(name)) {
            check(sent.find(value) != std::string::npos, "a cookie's value stands in the header");
            check(value.find(';') == std::string::npos, "a cookie ends at a semicolon");
            check_made_here(cookies, value);
        }
    const bool foreign = auth::is_cross_origin(r, settings.public_url);
    if (r.header("sec-fetch-site") == "cross-site")
        check(foreign, "what a browser calls another site's is another site's");
    r.headers.set("Sec-Fetch-Site", "same-origin");
    check(!auth::is_cross_origin(r, settings.public_url), "what a browser calls its own is its own");
}
