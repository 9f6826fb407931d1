// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/service_rows.hpp"

#include "hubapi/model/urls.hpp"

#include <nlohmann/json.hpp>

namespace berth::hub {

using nlohmann::json;

store::migrations service_tables() {
    return {"services",
            {"CREATE TABLE services (name TEXT PRIMARY KEY, admin BIGINT NOT NULL, url TEXT NOT NULL, display BIGINT NOT NULL, info TEXT NOT NULL, "
             "client_id TEXT NOT NULL, redirect_uri TEXT NOT NULL, allowed_scopes TEXT NOT NULL, confirm BIGINT NOT NULL, created BIGINT NOT NULL)"}};
}

std::optional<service> read_service(const store::row& r, const std::string& base_url) {
    const auto scopes = json::parse(store::text(r, "allowed_scopes"), nullptr, false);
    const auto info = json::parse(store::text(r, "info"), nullptr, false);
    if (!scopes.is_array() || !info.is_object()) return std::nullopt;
    service s;
    s.name = store::text(r, "name");
    s.admin = store::boolean(r, "admin");
    if (s.admin) s.roles.emplace_back("admin");
    s.url = store::text(r, "url");
    s.display = store::boolean(r, "display");
    s.info = info.dump();
    s.client_id = store::text(r, "client_id");
    s.redirect_uri = store::text(r, "redirect_uri");
    if (s.redirect_uri.empty() && !s.url.empty()) s.redirect_uri = service_callback_path(base_url, s.name);
    for (const auto& scope : scopes)
        if (scope.is_string()) s.allowed_scopes.push_back(scope.get<std::string>());
    s.confirm = store::boolean(r, "confirm");
    return s;
}

store::statement insert_service(const service& s, const std::string& base_url, time_point now) {
    const bool usual = s.redirect_uri == service_callback_path(base_url, s.name); // follows the base_url
    return {"INSERT INTO services (name, admin, url, display, info, client_id, redirect_uri, allowed_scopes, confirm, created) "
            "VALUES (:name, :admin, :url, :display, :info, :client, :redirect, :scopes, :confirm, :created)",
            {{"name", s.name},
             {"admin", store::stored_bool(s.admin)},
             {"url", s.url},
             {"display", store::stored_bool(s.display)},
             {"info", s.info},
             {"client", s.client_id},
             {"redirect", usual ? std::string() : s.redirect_uri},
             {"scopes", json(s.allowed_scopes).dump()},
             {"confirm", store::stored_bool(s.confirm)},
             {"created", store::stored(now)}}};
}

store::statement delete_service(const std::string& name) { return {"DELETE FROM services WHERE name = :name", {{"name", name}}}; }

} // namespace berth::hub
