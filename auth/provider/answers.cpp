// SPDX-License-Identifier: BSD-3-Clause
#include "auth/provider/answers.hpp"

#include "auth/provider/words.hpp"
#include "daemon/runtime/encoding.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace berth::auth {
namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* name) {
    const auto it = object.is_object() ? object.find(name) : object.end();
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

// Seconds as a number, or as a string that some providers write; nothing for 0, which Keycloak says of
// offline tokens.
std::optional<duration> lifetime(const json& object, const char* name) {
    const auto it = object.find(name);
    if (it == object.end()) return std::nullopt;
    double seconds = it->is_number() ? it->get<double>() : 0;
    if (it->is_string()) {
        const auto text = it->get<std::string>();
        std::int64_t whole = 0;
        std::from_chars(text.data(), text.data() + text.size(), whole);
        seconds = static_cast<double>(whole);
    }
    constexpr double longest = 10.0 * 366 * 86400;
    if (!(seconds > 0)) return std::nullopt;
    return std::chrono::seconds(static_cast<std::int64_t>(std::min(seconds, longest)));
}

// "400 invalid_grant (Token is not active)"
std::string provider_words(const http_answer& answer, const json& body) {
    auto out = std::to_string(answer.status);
    if (const auto error = printable(text_of(body, "error")); !error.empty()) out += " " + error;
    if (const auto words = printable(text_of(body, "error_description")); !words.empty())
        out += " (" + words + ")";
    return out;
}

// OAuth's and OpenID Connect's words for "this person must sign in again".
bool means_sign_in_again(const std::string& error) {
    static constexpr std::array words{"invalid_grant", "login_required", "interaction_required",
                                      "consent_required"};
    return std::ranges::find(words, error) != words.end();
}

bool is_a_bad_moment(int status) { return status == 408 || status == 429 || status >= 500 || status < 400; }

// A refusal by the token endpoint or revocation.
failure classify(const http_answer& answer, const json& body) {
    const auto words = provider_words(answer, body);
    if (is_a_bad_moment(answer.status))
        return {errc::unavailable, fmt::format("the identity provider answered {}; try again later", words)};
    const auto error = text_of(body, "error");
    if (means_sign_in_again(error))
        return {errc::unauthenticated,
                fmt::format("the identity provider answered {}: sign in again", words)};
    if (answer.status == 400 && error.empty())
        return {errc::unavailable, "the identity provider answered 400 without saying why; try again later"};
    return {errc::denied, fmt::format("the identity provider refused the hub: {}", words)};
}

// Too large an answer came after the request was carried out.
failure in_transit(failure f) {
    if (f.code == errc::limit_exceeded || f.code == errc::timed_out) f.code = errc::outcome_unknown;
    return f;
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(' ', at), text.size());
        if (end > at) out.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

token_grant read_grant(json body, time_point asked) {
    token_grant out;
    const auto take = [&](const char* name) {
        secret value(text_of(body, name));
        body.erase(name);
        return value;
    };
    out.access_token = take("access_token");
    out.refresh_token = take("refresh_token");
    out.id_token = take("id_token");
    if (const auto life = lifetime(body, "expires_in")) out.access_expires = asked + *life;
    if (const auto life = lifetime(body, "refresh_expires_in")) out.refresh_expires = asked + *life;
    out.scopes = split(text_of(body, "scope"));
    out.rest = body.dump();
    return out;
}

} // namespace

result<token_grant> read_token_answer(const result<http_answer>& came, time_point asked) {
    if (!came) return fail(in_transit(came.error()));
    auto body = json::parse(came->body, nullptr, false);
    if (came->status != 200) return fail(classify(*came, body));
    if (text_of(body, "access_token").empty())
        return fail(errc::unavailable, "the identity provider answered 200 without an access token");
    const auto type = to_lower_ascii(text_of(body, "token_type"));
    if (!type.empty() && type != "bearer")
        return fail(errc::denied, fmt::format("the identity provider gave a token of type {}, not Bearer",
                                              printable(type)));
    return read_grant(std::move(body), asked);
}

result<void> read_revocation_answer(const result<http_answer>& came) {
    if (!came) return fail(in_transit(came.error()));
    if (came->status == 200 || came->status == 204) return {};
    const auto body = json::parse(came->body, nullptr, false);
    if (const auto error = text_of(body, "error"); error == "invalid_token" || error == "invalid_grant")
        return {};
    return fail(classify(*came, body));
}

result<claims> read_userinfo_answer(const result<http_answer>& came) {
    if (!came) return fail(came.error());
    if (came->status == 401)
        return fail(errc::unauthenticated, "the identity provider's userinfo does not take this token (401)");
    if (is_a_bad_moment(came->status) && came->status != 200)
        return fail(errc::unavailable,
                    fmt::format("the identity provider's userinfo answered {}", came->status));
    if (came->status != 200)
        return fail(errc::denied, fmt::format("the identity provider's userinfo answered {}", came->status));
    const auto* type = came->header("content-type");
    if (type && to_lower_ascii(*type).starts_with("application/jwt"))
        return fail(errc::denied,
                    "the identity provider signs its userinfo: set the client's userinfo to plain "
                    "JSON there (userinfo_signed_response_alg)");
    if (!json::parse(came->body, nullptr, false).is_object())
        return fail(errc::unavailable, "the identity provider's userinfo answered something else than JSON");
    return claims(came->body);
}

result<http_answer> without_doubt(result<http_answer> came) {
    if (!came && came.error().code != errc::cancelled && came.error().code != errc::invalid_argument)
        came.error().code = errc::unavailable;
    return came;
}

} // namespace berth::auth
