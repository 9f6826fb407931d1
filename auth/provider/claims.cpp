// SPDX-License-Identifier: BSD-3-Clause
#include "auth/provider/json_web_token.hpp"

#include "auth/provider/words.hpp"
#include "daemon/runtime/digest.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace berth::auth {
namespace {

using nlohmann::json;

// Down the dots, whole names first: names may hold dots themselves (the events of a logout token).
const json* find(const json& object, std::string_view name) {
    if (!object.is_object()) return nullptr;
    if (const auto it = object.find(name); it != object.end()) return &*it;
    for (auto dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
        const auto it = object.find(name.substr(0, dot));
        if (it == object.end()) continue;
        if (const auto* below = find(*it, name.substr(dot + 1))) return below;
    }
    return nullptr;
}

} // namespace

struct claims::parsed {
    nlohmann::json object;
};

claims::claims() : claims(std::string("{}")) {}

claims::claims(std::string json_object) : json_(std::move(json_object)) {
    auto object = json::parse(json_, nullptr, false);
    if (!object.is_object()) {
        object = json::object();
        json_ = "{}";
    }
    parsed_ = std::make_shared<const parsed>(std::move(object));
}

std::string claims::text(std::string_view name) const {
    const auto* value = find(parsed_->object, name);
    return value && value->is_string() ? value->get<std::string>() : std::string();
}

std::vector<std::string> claims::list(std::string_view name) const {
    const auto* value = find(parsed_->object, name);
    if (!value) return {};
    if (value->is_string()) return {value->get<std::string>()};
    if (!value->is_array() ||
        !std::ranges::all_of(*value, [](const nlohmann::json& v) { return v.is_string(); }))
        return {};
    return value->get<std::vector<std::string>>();
}

std::optional<time_point> claims::time(std::string_view name) const {
    const auto* value = find(parsed_->object, name);
    if (!value || !value->is_number()) return std::nullopt;
    const auto seconds = value->get<double>();
    constexpr double longest = 1e11; // the year 5138: microseconds since the epoch still fit
    if (!std::isfinite(seconds) || std::abs(seconds) > longest) return std::nullopt;
    return time_point(std::chrono::seconds(static_cast<std::int64_t>(std::floor(seconds))));
}

bool claims::is_true(std::string_view name) const {
    const auto* value = find(parsed_->object, name);
    return value && (*value == true || *value == "true");
}

bool claims::has(std::string_view name) const { return find(parsed_->object, name) != nullptr; }

claims claims::completed_by(const claims& others) const {
    auto all = others.parsed_->object;
    all.update(parsed_->object);
    return claims(all.dump());
}

result<void> check_claims(const claims& c, const expectation& e, time_point now) {
    const auto refuse = [](std::string why) { return fail(errc::unauthenticated, "the token's " + why); };
    const auto differs = [&](std::string_view name, std::string_view wanted, const std::string& came) {
        return refuse(fmt::format("{} is \"{}\", not \"{}\"", name, printable(came), wanted));
    };
    if (!e.issuer.empty() && c.text("iss") != e.issuer) return differs("iss", e.issuer, c.text("iss"));
    const auto audience = c.list("aud");
    if (!e.audience.empty() && std::ranges::find(audience, e.audience) == audience.end())
        return differs("aud", e.audience, fmt::format("{}", fmt::join(audience, " ")));
    const auto* party = c.has("azp") ? "azp" : "client_id";
    if (!e.authorized_party.empty() && c.text(party) != e.authorized_party)
        return differs(party, e.authorized_party, c.text(party));
    if (e.nonce && (c.text("nonce").empty() || !equal_constant_time(c.text("nonce"), *e.nonce)))
        return refuse("nonce is not the one that this sign-in began with");
    // A claim that is there and no time is as wrong as one that has passed.
    const auto expires = c.time("exp"), begins = c.time("nbf"), issued = c.time("iat");
    if ((e.must_expire || c.has("exp")) && (!expires || now >= *expires + e.leeway))
        return refuse(expires ? fmt::format("exp has passed: {} s ago", whole_seconds(now - *expires))
                              : "exp is missing");
    if (c.has("nbf") && (!begins || *begins > now + e.leeway)) return refuse("nbf has not come yet");
    if (c.has("iat") && (!issued || *issued > now + e.leeway))
        return refuse("iat lies in the future: this machine's clock or the provider's is wrong");
    return {};
}

} // namespace berth::auth
