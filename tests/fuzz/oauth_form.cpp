// SPDX-License-Identifier: BSD-3-Clause
// What a client posts to the token endpoint: challenge method, challenge, content type, then the form. A code
// is good with the right verifier only.
#include "daemon/http/forms.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"
#include "hubapi/oauth/codes.hpp"
#include "tests/fuzz/support.hpp"

namespace {

using namespace berth;
using fuzz::check;

struct still_clock final : clock {
    time_point now() const override { return time_point(std::chrono::hours(24 * 365 * 56)); }
    boost::asio::awaitable<void> sleep_for(duration) override { co_return; }
};

} // namespace

void fuzz(std::string_view bytes) {
    fuzz::lines in(bytes);
    hub::grant g;
    g.challenge_method = in.next() == "plain" ? "plain" : "S256";
    g.challenge = in.next();
    g.redirect_uri = "/user/al/oauth_callback";
    http::request r;
    r.method = "POST";
    r.headers.add("Content-Type", std::string(in.next()));
    r.body = in.rest();
    still_clock time;
    hub::code_table codes(time);
    const auto code = codes.issue(g);
    const auto form = http::read_form(r);
    if (!form)
        return check(form.error().code == errc::invalid_argument && is_valid_utf8(form.error().message),
                     "a refusal in words");
    const auto value = [&](std::string_view name) { return http::find_value(*form, name).value_or(""); };
    check(!codes.find(value("code")) || value("code") == code, "no code but the one that was given out");
    const auto verifier = value("code_verifier");
    const bool right = g.challenge.empty() ||
                       (g.challenge_method == "plain" ? g.challenge == verifier
                                                      : g.challenge == base64url_encode(sha256(verifier)));
    check(hub::pkce_matches(g, verifier) == right, "the verifier decides");
    codes.use_up(code);
    check(!codes.find(code), "a code is good once");
}
