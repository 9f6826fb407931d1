// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/oidc_words.hpp"

#include "auth/provider/words.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace berth::auth {
namespace {

constexpr auto logout_event = "events.http://schemas.openid.net/event/backchannel-logout";
constexpr duration logout_lifetime = std::chrono::minutes(2);

std::string words_of(const oidc_callback& said) {
    auto out = printable(said.error);
    if (!said.error_description.empty()) out += " (" + printable(said.error_description) + ")";
    return out;
}

refusal stale(std::string why, std::string for_the_log = "") {
    return {{errc::conflict, std::move(why)}, std::move(for_the_log)};
}
refusal our_fault(std::string words) {
    return {{errc::internal, "Sign-in is not set up correctly here. Please tell the administrators."},
            std::move(words)};
}

} // namespace

std::optional<failure> wrong_issuer(const oidc_callback& said, const provider_metadata& provider) {
    if (said.issuer.empty() && !provider.says_issuer_in_callback) return std::nullopt;
    if (provider.issuer.empty() || said.issuer == provider.issuer) return std::nullopt;
    return failure{errc::unauthenticated,
                   said.issuer.empty()
                       ? std::string("The answer does not name the identity provider it comes from. "
                                     "Please sign in again.")
                       : fmt::format("The answer comes from another identity provider ({}). Please "
                                     "sign in again.",
                                     printable(said.issuer))};
}

refusal read_callback_error(const oidc_callback& said) {
    static constexpr std::array begin_again{"login_required", "interaction_required",
                                            "account_selection_required"};
    // Keycloak's way to say that its form was sent twice or too late.
    if (std::ranges::find(begin_again, said.error) != begin_again.end() ||
        said.error_description == "authentication_expired")
        return stale(
            "The identity provider's sign-in page was too old or was sent twice. Please sign in again.");
    if (said.error == "access_denied")
        return {{errc::denied, fmt::format("The identity provider did not let you in: {}.", words_of(said))},
                ""};
    if (said.error == "temporarily_unavailable" || said.error == "server_error")
        return {{errc::unavailable,
                 fmt::format("The identity provider cannot sign anybody in just now: {}. Please "
                             "try again in a minute.",
                             words_of(said))},
                ""};
    return our_fault("the identity provider answered the sign-in with " + words_of(said));
}

refusal read_exchange_failure(const failure& f) {
    switch (f.code) {
    case errc::unauthenticated:
        return stale(
            "The identity provider did not accept this sign-in any more: it took too long or was used "
            "before. Please sign in again.",
            f.message);
    case errc::unavailable:
    case errc::outcome_unknown:
        return {
            {errc::unavailable, "The identity provider did not answer. Please sign in again in a minute."},
            f.message};
    default: return our_fault(f.message);
    }
}

bool is_complete(const oidc_settings& s, const claims& about) {
    const auto there = [&](const std::string& name) { return name.empty() || about.has(name); };
    return there(s.username_claim) && there(s.groups_claim) && there(s.roles_claim) && there(s.admin_claim);
}

result<oidc_arrival> read_arrival(const oidc_settings& s, const claims& about) {
    oidc_arrival out;
    const auto said = about.text(s.username_claim);
    auto name = normalise_username(said);
    if (!name)
        return fail(errc::denied,
                    said.empty()
                        ? fmt::format("The identity provider did not say who you are: it sent no \"{}\". "
                                      "Please tell the administrators.",
                                      s.username_claim)
                        : fmt::format("Your name at the identity provider cannot be used here: {}.",
                                      name.error().message));
    out.who.name = *name;
    out.who.groups = s.groups_claim.empty() ? std::vector<std::string>() : about.list(s.groups_claim);
    if (!s.roles_claim.empty()) out.roles = about.list(s.roles_claim);
    out.admin = !s.admin_claim.empty() && about.is_true(s.admin_claim);
    out.subject = about.text("sub");
    out.provider_session = about.text("sid");
    out.about = about;
    return out;
}

std::optional<failure> wrong_party(const oidc_settings& s, const claims& id_token) {
    const auto refuse = [](std::string_view what) {
        return failure{errc::unauthenticated, fmt::format("the token's {}", what)};
    };
    if (id_token.text("sub").empty()) return refuse("sub is missing");
    if (id_token.has("azp") ? id_token.text("azp") != s.client.id : id_token.list("aud").size() > 1)
        return refuse("azp is not this hub's client");
    if (!id_token.has("iat")) return refuse("iat is missing");
    return std::nullopt;
}

result<oidc_sign_in::ended_sessions> read_logout_claims(const claims& c, time_point now) {
    const auto refuse = [](std::string_view what) {
        return fail(errc::invalid_argument, fmt::format("invalid_request: {}", what));
    };
    oidc_sign_in::ended_sessions out{c.text("sub"), c.text("sid")};
    const auto issued = c.time("iat");
    if (!c.has(logout_event)) return refuse("events does not hold backchannel-logout");
    if (c.has("nonce")) return refuse("a logout token has no nonce");
    if (out.subject.empty() && out.provider_session.empty()) return refuse("neither sub nor sid");
    if (!issued) return refuse("iat is missing");
    if (*issued + logout_lifetime < now) return refuse("older than 2 minutes");
    if (c.text("jti").empty()) return refuse("jti is missing");
    return out;
}

} // namespace berth::auth
