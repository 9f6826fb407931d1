// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/openapi/catalogue.hpp"

#include "daemon/runtime/encoding.hpp"
#include "hubapi/openapi/document.hpp"
#include "hubapi/openapi/schema_words.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace berth::openapi {

namespace {

std::string slug_of(const std::string& name) {
    auto out = to_lower_ascii(name);
    std::ranges::replace(out, ' ', '-');
    return out;
}

std::string upper(std::string word) {
    for (char& c : word) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    return word;
}

void read_access(operation& o, const ordered_json& security) {
    if (security.empty()) o.access = "Anybody.";
    for (const auto& way : security) {
        if (way.contains("cookie")) o.access = "A signed-in browser.";
        if (const auto token = way.find("token"); token != way.end()) {
            if (token->empty()) o.access = "Whoever has a token or is signed in.";
            for (const auto& scope : *token) o.scopes.push_back(scope);
        }
    }
}

void read_body(operation& o, const ordered_json& document, const ordered_json& body) {
    const auto& kind = body.at("content").front();
    const auto& schema = kind.at("schema");
    o.body_type = type_words(schema);
    o.body_model = model_name(schema);
    o.body_text = text_of(body, "description");
    o.body_required = body.value("required", false);
    if (!o.body_model.empty()) return;
    o.members = members_of(document, schema);
    if (!o.members.empty()) o.body_type = body.at("content").begin().key() == "application/json" ? "object" : "form";
}

answer read_answer(const std::string& status, const ordered_json& response) {
    answer out{status, text_of(response, "description"), "", ""};
    if (const auto content = response.find("content"); content != response.end() && !content->empty()) {
        const auto& schema = content->front().at("schema");
        const auto kind = content->begin().key();
        out.type = kind == "application/json" ? type_words(schema) : kind;
        out.model = model_name(schema);
    }
    return out;
}

operation read_operation(const ordered_json& document, const std::string& path, const std::string& method, const ordered_json& from) {
    operation o;
    o.id = text_of(from, "operationId");
    o.method = upper(method);
    o.path = document.at("servers").front().at("url").get<std::string>() + path;
    if (const auto host = o.path.find("://"); host != std::string::npos) o.path = o.path.substr(o.path.find('/', host + 3));
    o.summary = text_of(from, "summary");
    o.text = text_of(from, "description");
    read_access(o, from.at("security"));
    for (const auto& one : from.value("parameters", ordered_json::array())) {
        const auto& p = resolved(document, one);
        const auto& schema = p.at("schema");
        o.parameters.push_back({text_of(p, "name"), type_words(schema), "", text_of(p, "in"), text_of(p, "description"), p.value("required", false)});
    }
    if (const auto body = from.find("requestBody"); body != from.end()) read_body(o, document, *body);
    for (const auto& [status, response] : from.at("responses").items()) o.answers.push_back(read_answer(status, resolved(document, response)));
    return o;
}

model read_model(const ordered_json& document, const std::string& name, const ordered_json& schema) {
    model m{name, text_of(schema, "description"), "", members_of(document, schema)};
    if (m.members.empty()) m.type = type_words(schema);
    return m;
}

} // namespace

catalogue read_catalogue(const std::string& base) {
    const auto all = document(base);
    catalogue out;
    for (const auto& tag : all.at("tags")) {
        const auto name = text_of(tag, "name");
        out.groups.push_back({name, slug_of(name), text_of(tag, "description"), {}});
    }
    for (const auto& [path, methods] : all.at("paths").items())
        for (const auto& [method, from] : methods.items()) {
            const auto at = std::ranges::find(out.groups, from.at("tags").front().get<std::string>(), &group::name);
            if (at == out.groups.end()) throw std::logic_error("openapi: " + path + " has no known tag");
            at->operations.push_back(read_operation(all, path, method, from));
        }
    for (const auto& [name, schema] : all.at("components").at("schemas").items()) out.models.push_back(read_model(all, name, schema));
    std::ranges::sort(out.models, {}, &model::name);
    return out;
}

} // namespace berth::openapi
