// SPDX-License-Identifier: BSD-3-Clause
#include "auth/provider/discovery.hpp"

#include "auth/provider/words.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace berth::auth {
namespace {

using nlohmann::json;

struct address {
    const char* name; // in the document
    std::string provider_settings::* by_hand;
    std::string provider_metadata::* kept;
    bool needed;
};
constexpr std::array addresses{
    address{"authorization_endpoint", &provider_settings::authorize_url, &provider_metadata::authorize_url,
            true},
    address{"token_endpoint", &provider_settings::token_url, &provider_metadata::token_url, true},
    address{"jwks_uri", &provider_settings::jwks_url, &provider_metadata::jwks_url, true},
    address{"userinfo_endpoint", &provider_settings::userinfo_url, &provider_metadata::userinfo_url, false},
    address{"end_session_endpoint", &provider_settings::end_session_url, &provider_metadata::end_session_url,
            false},
    address{"revocation_endpoint", &provider_settings::revocation_url, &provider_metadata::revocation_url,
            false},
};

bool is_web_address(std::string_view url) {
    return url.starts_with("https://") || url.starts_with("http://");
}

bool says(const json& document, const char* name) {
    const auto it = document.find(name);
    return it != document.end() && *it == true;
}

bool wants_secret_in_body(const json& document) {
    const auto it = document.find("token_endpoint_auth_methods_supported");
    if (it == document.end() || !it->is_array()) return false; // the default is basic (Discovery section 3)
    const auto offers = [&](const char* method) { return std::ranges::find(*it, method) != it->end(); };
    return !offers("client_secret_basic") && offers("client_secret_post");
}

result<json> read_document(const provider_settings& s, const http_answer& answer) {
    const auto url = discovery_url(s);
    if (answer.status >= 500 || answer.status == 429)
        return fail(errc::unavailable,
                    fmt::format("the identity provider answers {} at {}", answer.status, url));
    if (answer.status != 200)
        return fail(errc::denied, fmt::format("the identity provider answers {} at {}: is `issuer` right?",
                                              answer.status, url));
    auto document = json::parse(answer.body, nullptr, false);
    if (!document.is_object())
        return fail(errc::unavailable, fmt::format("what {} answers is no discovery document", url));
    return document;
}

} // namespace

bool is_complete(const provider_settings& s) {
    return !s.authorize_url.empty() && !s.token_url.empty() && !s.jwks_url.empty();
}

std::string discovery_url(const provider_settings& s) {
    std::string_view issuer = s.issuer;
    if (issuer.ends_with('/')) issuer.remove_suffix(1);
    return std::string(issuer) + "/.well-known/openid-configuration";
}

discovered given_by_hand(const provider_settings& s) {
    discovered out;
    out.addresses.issuer = s.issuer;
    for (const auto& a : addresses) out.addresses.*a.kept = s.*a.by_hand;
    return out;
}

result<discovered> read_discovery(const provider_settings& s, const http_answer& answer) {
    const auto document = read_document(s, answer);
    if (!document) return fail(document.error());
    const auto text = [&](const char* name) {
        const auto it = document->find(name);
        return it != document->end() && it->is_string() ? it->get<std::string>() : std::string();
    };
    // Discovery section 4.3: exactly, or another could speak for it.
    if (text("issuer") != s.issuer)
        return fail(errc::denied,
                    fmt::format("the identity provider calls itself \"{}\": `issuer` must be that, "
                                "letter by letter, and is \"{}\"",
                                printable(text("issuer")), s.issuer));
    auto out = given_by_hand(s);
    for (const auto& a : addresses) {
        auto& kept = out.addresses.*a.kept;
        if (kept.empty() && is_web_address(text(a.name))) kept = text(a.name);
        if (kept.empty() && a.needed)
            return fail(errc::denied,
                        fmt::format("the identity provider's discovery document has no {}", a.name));
    }
    out.addresses.says_issuer_in_callback = says(*document, "authorization_response_iss_parameter_supported");
    out.addresses.backchannel_logout = says(*document, "backchannel_logout_supported");
    out.secret_in_body = wants_secret_in_body(*document);
    return out;
}

} // namespace berth::auth
