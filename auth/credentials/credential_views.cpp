// SPDX-License-Identifier: BSD-3-Clause
#include "auth/credentials/credential_state.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>

namespace berth::auth {
namespace {

using nlohmann::json;

bool is_of(const std::string& subject, const std::string& provider_session, const std::string& wanted_subject,
           const std::string& wanted_session) {
    if (wanted_session.empty()) return !wanted_subject.empty() && subject == wanted_subject;
    return provider_session == wanted_session && (wanted_subject.empty() || subject == wanted_subject);
}

json token_or_null(const secret& token) {
    return token.empty() ? json(nullptr) : json(std::string(token.reveal()));
}

json object_or_empty(const std::string& text) {
    auto parsed = json::parse(text, nullptr, false);
    return parsed.is_object() ? parsed : json::object();
}

json words_of(const std::string& scopes) {
    auto out = json::array();
    for (std::size_t at = 0; at < scopes.size();) {
        const auto end = std::min(scopes.find(' ', at), scopes.size());
        out.push_back(scopes.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

credential_health health_of(const credential& c, bool needs_sign_in, time_point now) {
    if (needs_sign_in && !c.access.is_usable(duration::zero(), now)) return credential_health::sign_in_again;
    if (c.access.trouble)
        return c.access.trouble->code == errc::denied ? credential_health::misconfigured
                                                      : credential_health::provider_away;
    return c.access.is_usable(duration::zero(), now) ? credential_health::good : credential_health::stale;
}

} // namespace

std::string user_credentials::state::needs_sign_in(const credential& c) const {
    if (!c.refused.empty()) return c.refused;
    if (c.refresh_token.empty())
        return "the identity provider gave no refresh token with the last sign-in, and its access token has "
               "run out: "
               "sign in again";
    if (c.refresh_expires && *c.refresh_expires <= time.now())
        return "the sign-in at the identity provider has run out: sign in again";
    return "";
}

std::vector<const credential*> user_credentials::state::of_user(std::int64_t user_id) const {
    std::vector<const credential*> out;
    if (const auto mine = by_user.find(user_id); mine != by_user.end())
        for (const auto id : mine->second) out.push_back(&all.at(id));
    std::ranges::sort(out, std::ranges::greater(), [](const credential* c) {
        return std::tuple(c->refused.empty(), c->refreshed.value_or(c->obtained), c->session);
    });
    return out;
}

std::vector<std::int64_t> user_credentials::sessions_of(const std::string& subject,
                                                        const std::string& provider_session) const {
    std::vector<std::int64_t> out;
    for (const auto& [id, c] : state_->all)
        if (is_of(c.subject, c.provider_session, subject, provider_session)) out.push_back(id);
    for (const auto& [id, row] : state_->sealed_away)
        if (is_of(row.subject, row.provider_session, subject, provider_session)) out.push_back(id);
    return out;
}

std::vector<std::int64_t> user_credentials::sessions() const {
    std::vector<std::int64_t> out;
    for (const auto& [id, c] : state_->all) out.push_back(id);
    for (const auto& [id, row] : state_->sealed_away) out.push_back(id);
    return out;
}

secret user_credentials::id_token_of(std::int64_t session) const {
    const auto* c = state_->find(session);
    return c ? c->id_token : secret();
}

std::optional<credential_view> user_credentials::of_session(std::int64_t session) const {
    const auto* c = state_->find(session);
    if (!c) return std::nullopt;
    credential_view out;
    out.session = c->session;
    out.user_id = c->user_id;
    out.obtained = c->obtained;
    out.refreshed = c->refreshed;
    out.access_expires = c->access.life.ends;
    const auto sign_in = state_->needs_sign_in(*c);
    out.health = health_of(*c, !sign_in.empty(), state_->time.now());
    switch (out.health) {
    case credential_health::good: break;
    case credential_health::stale: out.why = "it is renewed when it is needed"; break;
    case credential_health::sign_in_again: out.why = sign_in; break;
    case credential_health::provider_away:
    case credential_health::misconfigured: out.why = c->access.trouble->message; break;
    }
    return out;
}

std::vector<credential_view> user_credentials::of_user(std::int64_t user_id) const {
    std::vector<credential_view> out;
    for (const auto* c : state_->of_user(user_id)) out.push_back(*of_session(c->session));
    return out;
}

std::optional<secret> user_credentials::auth_state(std::int64_t user_id) const {
    const auto mine = state_->of_user(user_id);
    if (mine.empty()) return std::nullopt;
    const auto& c = *mine.front();
    json out{{"access_token", token_or_null(c.access.token)},
             {"refresh_token", token_or_null(c.refresh_token)},
             {"id_token", token_or_null(c.id_token)},
             {"scope", words_of(c.scopes)}};
    auto answer = object_or_empty(c.rest);
    for (const auto* name : {"access_token", "refresh_token", "id_token"})
        if (!out[name].is_null()) answer[name] = out[name];
    out["token_response"] = std::move(answer);
    out["oauth_user"] = object_or_empty(c.userinfo);
    return secret(out.dump(-1, ' ', false, json::error_handler_t::replace));
}

user_credentials::counts user_credentials::counted() const { return state_->told; }

} // namespace berth::auth
