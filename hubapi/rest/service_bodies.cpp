// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/rest/service_bodies.hpp"

#include "daemon/runtime/web_address.hpp"
#include "hubapi/model/urls.hpp"
#include "hubapi/model/user_changes.hpp"
#include "hubapi/rest/answer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace berth::hub {

using nlohmann::json;

namespace {

constexpr std::size_t longest_body = 64 * 1024;

result<void> check_types(const json& body) {
    static const model_types known{
        {"admin", "bool"}, {"url", "str"}, {"oauth_client_allowed_scopes", "list"}, {"api_token", "str"}, {"info", "dict"},
        {"display", "bool"}, {"oauth_no_confirm", "bool"}, {"command", "list"}, {"cwd", "str"}, {"environment", "dict"},
        {"user", "str"}, {"oauth_client_id", "str"}, {"oauth_redirect_uri", "str"}, {"name", ""}};
    return check_model("service", body, known);
}

result<void> read_client(const hub& h, service& s, const json& body) {
    for (const auto& scope : body.value("oauth_client_allowed_scopes", json::array())) {
        if (!scope.is_string()) return fail(errc::invalid_argument, "service.oauth_client_allowed_scopes must be a list of strings");
        s.allowed_scopes.push_back(scope.get<std::string>());
    }
    if (auto ok = auth::check_known(s.allowed_scopes, h.may.custom_scopes()); !ok)
        return fail(errc::invalid_argument, "service.oauth_client_allowed_scopes: " + ok.error().message);
    s.client_id = body.value("oauth_client_id", "service-" + s.name);
    const bool printable = std::ranges::all_of(s.client_id, [](unsigned char c) { return c >= ' ' && c != 127; });
    if (!s.client_id.starts_with("service-") || s.client_id.size() > 512 || !printable)
        return fail(errc::invalid_argument, "service.oauth_client_id must begin with \"service-\"");
    s.redirect_uri = body.value("oauth_redirect_uri", "");
    if (!s.redirect_uri.empty() && !is_redirect_address(s.redirect_uri))
        return fail(errc::invalid_argument, "service.oauth_redirect_uri must be an address such as \"https://portal.example.org/callback\" or a path on the hub");
    s.confirm = !body.value("oauth_no_confirm", false);
    if (s.redirect_uri.empty() && !s.url.empty()) s.redirect_uri = service_callback_path(h.config.base_url, s.name);
    if (s.redirect_uri.empty() && (body.contains("oauth_client_id") || !s.confirm))
        return fail(errc::invalid_argument, "service.oauth_redirect_uri is missing: without a url nobody knows where its users are to come back to");
    return {};
}

bool holds(const hub& h, const principal& caller, const auth::scope_set& wanted) { return auth::is_subset(wanted, *caller.scopes, h.who); }

failure not_held(const principal& caller, const std::vector<std::string>& scopes) {
    return {errc::invalid_argument, fmt::format("Not assigning requested scopes {} not held by {} {}", fmt::join(scopes, ","),
                                                caller.is_user() ? "User" : "Service", caller.name)};
}

} // namespace

result<new_service> read_new_service(const hub& h, const std::string& name, const json& body) {
    if (!body.is_object() || body.empty()) return fail(errc::invalid_argument, "Invalid service data");
    if (!valid_group_name(name)) return fail(errc::invalid_argument, "Invalid service name: " + name);
    if (body.dump().size() > longest_body) return fail(errc::invalid_argument, "A service's model may have 64 KiB");
    if (auto ok = check_types(body); !ok) return fail(ok.error());
    if (const auto at = body.find("command"); at != body.end() && !at->empty())
        return fail(errc::invalid_argument, fmt::format("Can not create managed service {} at runtime", name));
    new_service out;
    auto& s = out.what;
    s.name = name;
    s.admin = body.value("admin", false);
    if (s.admin) s.roles.emplace_back("admin");
    s.url = body.value("url", "");
    if (!s.url.empty() && !is_web_address(s.url))
        return fail(errc::invalid_argument, "service.url must be where the service answers, such as \"http://127.0.0.1:10101\"");
    s.display = body.value("display", true);
    s.info = body.value("info", json::object()).dump();
    if (auto ok = read_client(h, s, body); !ok) return fail(ok.error());
    out.token = secret(body.value("api_token", ""));
    return out;
}

result<void> may_give(const hub& h, const principal& caller, const service& s) {
    const auto& custom = h.may.custom_scopes();
    auto names = h.may.roles_of_service(s.name); // the configuration's roles may name one that is not there yet
    names.insert(names.end(), s.roles.begin(), s.roles.end());
    for (const auto& name : names)
        if (const auto at = h.may.roles().find(name);
            at != h.may.roles().end() && !holds(h, caller, auth::expand(at->second.scopes, {auth::scope_owner::kind::service, s.name, "", ""}, custom)))
            return fail(not_held(caller, at->second.scopes));
    const auth::scope_owner owner{caller.is_user() ? auth::scope_owner::kind::user : auth::scope_owner::kind::service, caller.name, "", s.name};
    std::vector<std::string> excess;
    for (const auto& scope : s.allowed_scopes)
        if (!holds(h, caller, auth::expand(std::vector<std::string>(1, scope), owner, custom))) excess.push_back(scope);
    if (!excess.empty()) return fail(not_held(caller, excess));
    return {};
}

} // namespace berth::hub
