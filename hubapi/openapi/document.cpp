// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/openapi/document.hpp"

#include "auth/scopes/scopes.hpp"
#include "hubapi/openapi/embedded.hpp"

#include <nlohmann/json.hpp>

#include <set>
#include <stdexcept>

namespace berth::openapi {
using json = nlohmann::ordered_json;

namespace {

// Objects are joined, lists appended to.
void join(json& into, const json& part, const std::string& file) {
    for (const auto& [name, value] : part.items()) {
        if (!into.contains(name))
            into[name] = value;
        else if (into[name].is_object() && value.is_object())
            join(into[name], value, file);
        else if (into[name].is_array() && value.is_array())
            into[name].insert(into[name].end(), value.begin(), value.end());
        else
            throw std::logic_error(file + ": " + name + " is there already");
    }
}

// The scopes that operations ask for, in words.
json scopes_of(const json& paths) {
    std::set<std::string> names;
    for (const auto& path : paths)
        for (const auto& operation : path)
            for (const auto& way : operation.at("security"))
                for (const auto& scopes : way)
                    for (const auto& scope : scopes) names.insert(scope.get<std::string>());
    auto out = json::object();
    for (const auto& name : names) out[name] = std::string(auth::describe(name));
    return out;
}

} // namespace

json document(const std::string& base) {
    json out;
    for (const auto& file : embedded_parts()) join(out, json::parse(file.content), std::string(file.name));
    out["info"]["version"] = BERTH_VERSION;
    out["servers"] = json::array({json{{"url", base + "hub"}}});
    auto& flow = out["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"];
    flow["authorizationUrl"] = base + "hub/api/oauth2/authorize";
    flow["tokenUrl"] = base + "hub/api/oauth2/token";
    flow["scopes"] = scopes_of(out["paths"]);
    return out;
}

} // namespace berth::openapi
