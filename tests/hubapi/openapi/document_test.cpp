// SPDX-License-Identifier: BSD-3-Clause
// The document and the router say the same, and the document's references lead somewhere.
#include "hubapi/openapi/document.hpp"

#include "hubapi/oauth/provider.hpp"
#include "hubapi/openapi/catalogue.hpp"
#include "hubapi/openapi/routes.hpp"
#include "hubapi/rest/routes.hpp"
#include "tests/hubapi/pages/page_fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace berth::openapi {
namespace {

using json = nlohmann::ordered_json;
using calls = std::set<std::string>;

// "GET /hub/api/shares/{user}/{server}" of {server*}.
std::string call(std::string method, std::string path) {
    std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
    std::erase(path, '*');
    return method + " " + path;
}

calls documented(const json& all) {
    calls out;
    for (const auto& [path, methods] : all.at("paths").items())
        for (const auto& [method, ignored] : methods.items()) out.insert(call(method, "/hub" + path));
    return out;
}

struct routes_test : pages::page_fixture {};

void collect_refs(const json& v, std::set<std::string>& out) {
    if (v.is_object())
        if (const auto at = v.find("$ref"); at != v.end() && at->is_string()) out.insert(at->get<std::string>());
    if (v.is_structured())
        for (const auto& one : v) collect_refs(one, out);
}

TEST_F(routes_test, the_document_has_every_route_and_no_other) {
    http::router api;
    hub::add_rest_routes(api, *h);
    hub::oauth_provider oauth(*h, *draw);
    oauth.add_routes(api);
    add_routes(api, "/");
    calls registered;
    for (const auto& route : api.table()) registered.insert(call(route.method, route.pattern));
    EXPECT_GT(registered.size(), 60u);
    EXPECT_EQ(registered.erase("GET /hub/api/events"), 1u); // a stream without an end; docs/api.md has it
    EXPECT_THAT(documented(document("/")), testing::ContainerEq(registered));
}

TEST(document_test, every_reference_leads_somewhere_and_every_component_is_used) {
    const auto all = document("/");
    std::set<std::string> refs;
    collect_refs(all, refs);
    for (const auto& ref : refs) EXPECT_TRUE(all.contains(json::json_pointer(ref.substr(1)))) << ref;
    for (const auto* kind : {"parameters", "responses", "schemas"})
        for (const auto& [name, ignored] : all["components"][kind].items()) {
            if (name == "ProgressEvent") continue; // told of by words: events are no JSON document
            EXPECT_TRUE(refs.contains(std::string("#/components/") + kind + "/" + name)) << kind << " " << name;
        }
}

TEST(document_test, operations_have_ids_of_their_own_and_scopes_that_exist) {
    const auto all = document("https://hub.example.org/base/");
    std::set<std::string> ids;
    for (const auto& path : all["paths"])
        for (const auto& operation : path) EXPECT_TRUE(ids.insert(operation.at("operationId")).second) << operation["operationId"];
    for (const auto& [scope, text] : all["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"]["scopes"].items())
        EXPECT_NE(text, "") << scope;
    EXPECT_EQ(all["servers"][0]["url"], "https://hub.example.org/base/hub");
}

TEST(catalogue_test, people_read_of_every_operation) {
    const auto all = document("/");
    const auto docs = read_catalogue("https://hub.example.org/base/");
    std::size_t count = 0;
    for (const auto& g : docs.groups) count += g.operations.size();
    EXPECT_EQ(count, documented(all).size());
    const auto& users = *std::ranges::find(docs.groups, std::string("Users"), &group::name);
    const auto& list = users.operations.front();
    EXPECT_EQ(list.method + " " + list.path, "GET /base/hub/api/users");
    EXPECT_THAT(list.scopes, testing::ElementsAre("list:users"));
    EXPECT_EQ(list.parameters.front().type, "\"active\", \"ready\", \"inactive\"");
    EXPECT_EQ(list.answers.front().type, "list of User or UserPage");
}

} // namespace
} // namespace berth::openapi
