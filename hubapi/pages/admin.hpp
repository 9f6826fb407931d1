// SPDX-License-Identifier: BSD-3-Clause
// What the pages of administrators share.
#pragma once

#include "hubapi/model/user_query.hpp"
#include "hubapi/pages/page.hpp"

#include <optional>
#include <string>
#include <vector>

namespace berth::pages {

// Which part of the list of users is asked for, as the address says it. What it says wrongly counts as not
// said.
struct list_request {
    hub::user_query q;
    std::string state, sort = "name"; // q's, as they stand in the address

    static list_request of(const http::name_values& query);
    // "state=active&offset=50": the same list again; `offset`: another page of it.
    std::string query() const { return query(q.offset); }
    std::string query(std::size_t offset) const;
};

response only_for_administrators(site_pages p, const request& r);

// A page for whoever has the scope admin-ui; what is on it, and what it does, is a matter of further scopes.
template<page_handler Handler>
asio::awaitable<response> for_administrators(site_pages p, hub::principal who, request r) {
    if (!who.scopes->has("admin-ui")) co_return only_for_administrators(p, r);
    co_return co_await Handler(p, std::move(who), std::move(r));
}

// The viewer's scopes, asked about a user, a server or a group.
bool may_user(site_pages p, const hub::principal& who, std::string_view scope, std::string_view user);
bool may_server(site_pages p, const hub::principal& who, std::string_view scope, std::string_view user,
                std::string_view server);
bool may_group(site_pages p, const hub::principal& who, std::string_view scope, std::string_view group);

// The user's servers as far as the viewer may see them, the default one first even if it never ran; at most
// `limit` of them.
std::vector<admin_server> servers_of(site_pages p, const hub::principal& who, const hub::user& u,
                                     std::size_t limit);

std::string user_url(site_pages p, std::string_view user);
std::string group_url(site_pages p, std::string_view group);

// "alice, bob\ncarol": names of users between blanks, commas and line ends. Each once, in their order.
std::vector<std::string> names_in(std::string_view text);
// One name a line, for names may hold blanks.
std::vector<std::string> lines_in(std::string_view text);
std::string one_a_line(const std::vector<std::string>& names);

// "51 to 100 of 10,000 users"
std::string range_in_words(std::size_t offset, std::size_t shown, std::size_t total, std::string_view what);

// The page that asks before `v.verb` is done.
response ask_page(site_pages p, const request& r, const ask_view& v);

// Registered by the files of their name.
void add_admin_user_pages(http::router& routes, site_pages p);
void add_admin_group_pages(http::router& routes, site_pages p);

} // namespace berth::pages
