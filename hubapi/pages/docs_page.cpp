// SPDX-License-Identifier: BSD-3-Clause
// /hub/docs: the API's description for people; nobody has to sign in for it.
#include "hubapi/pages/page.hpp"

#include <algorithm>
#include <memory>

namespace berth::pages {

namespace {

using catalogue = std::shared_ptr<const openapi::catalogue>;

response docs_answer(site_pages p, response cookies, std::string html) {
    const bool personal = std::ranges::any_of(cookies.headers, [](const auto& header) { return header.first == "Set-Cookie"; });
    return show(p, std::move(cookies), 200, std::move(html), personal);
}

asio::awaitable<response> overview(site_pages p, catalogue docs, request r) {
    response cookies;
    const auto f = frame_of(p, r, cookies, "docs");
    co_return docs_answer(p, std::move(cookies), p.draw.docs(f, *docs));
}

asio::awaitable<response> group_page(site_pages p, catalogue docs, request r) {
    const auto at = std::ranges::find(docs->groups, r.param("group"), &openapi::group::slug);
    if (at == docs->groups.end()) co_return error_page(p, r, 404);
    response cookies;
    const auto f = frame_of(p, r, cookies, "docs");
    co_return docs_answer(p, std::move(cookies), p.draw.docs_group(f, *at));
}

asio::awaitable<response> models(site_pages p, catalogue docs, request r) {
    response cookies;
    const auto f = frame_of(p, r, cookies, "docs");
    co_return docs_answer(p, std::move(cookies), p.draw.docs_models(f, docs->models));
}

} // namespace

void add_docs_pages(http::router& routes, site_pages p) {
    const auto docs = std::make_shared<const openapi::catalogue>(openapi::read_catalogue(p.h.config.base_url));
    routes.add("GET", "/hub/docs", [p, docs](request r) { return overview(p, docs, std::move(r)); });
    routes.add("GET", "/hub/docs/models", [p, docs](request r) { return models(p, docs, std::move(r)); });
    routes.add("GET", "/hub/docs/{group}", [p, docs](request r) { return group_page(p, docs, std::move(r)); });
}

} // namespace berth::pages
