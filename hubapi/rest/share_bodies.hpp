// SPDX-License-Identifier: BSD-3-Clause
// What the endpoints of shares and of share codes have in common.
#pragma once

#include "hubapi/model/hub.hpp"
#include "hubapi/model/json_writer.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/pagination.hpp"

#include <nlohmann/json_fwd.hpp>

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace berth::hub {

struct shared_server {
    std::string owner, server; // names
    scheduler::server_key key;
    auth::target target() const { return auth::target::of_server(owner, server); }
};
// {user} and {server} of the path. not_found where there is no such server; everybody's default server can be shared.
result<shared_server> find_shared_server(const hub& h, const http::request& r);

// A body holds these members and no others: invalid_argument names the first that is not among them.
result<void> check_members(const nlohmann::json& body, std::initializer_list<std::string_view> known);

// "scopes" without their filters; empty when the body names none. invalid_argument for what is no list of scopes that
// exist, and for a filter that is not this server.
result<std::set<std::string>> read_scopes(const nlohmann::json& body, const std::string& owner, const std::string& server);
// Access to the server where none are named; denied when the caller lacks one: nobody gives what they do not have.
result<std::set<std::string>> scopes_to_give(const hub& h, const principal& caller, const shared_server& at, std::set<std::string> asked);

// {"user": {"name"}, "name", "url", "full_url", "ready"}
void write_shared_server(json_writer& w, hub& h, const scheduler::server_key& server);
std::vector<std::string> scopes_of(const hub& h, const scheduler::server_key& server, const std::set<std::string>& scopes);

// A page of `rows`, each written by `write`: lists of shares have the paginated form always.
template<class Rows, class Write>
http::response share_page(const http::request& r, const Rows& rows, Write write) {
    auto page = read_page(r);
    if (!page) return error_answer(page.error());
    page->paged = true;
    std::string items;
    json_writer w(items);
    w.open('[');
    for (std::size_t i = page->offset; i < rows.size() && i - page->offset < page->limit; ++i) write(w, *rows[i]);
    w.close(']');
    return page_answer(r, *page, rows.size(), std::move(items));
}

} // namespace berth::hub
