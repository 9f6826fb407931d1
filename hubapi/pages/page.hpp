// SPDX-License-Identifier: BSD-3-Clause
// What the handlers of pages share.
#pragma once

#include "daemon/http/forms.hpp"
#include "hubapi/model/authenticate.hpp"
#include "hubapi/pages/handlers.hpp"
#include "hubapi/pages/words.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace berth::pages {

namespace asio = boost::asio;
using http::request;
using http::response;

// The parts that a handler works with. Copied freely: two references.
struct site_pages {
    hub::hub& h;
    const renderer& draw;

    std::string path(std::string_view below) const { return h.hub_path(below); }
    surroundings about() const;
};

using page_handler = asio::awaitable<response> (*)(site_pages p, hub::principal who, request r);
using open_handler = asio::awaitable<response> (*)(site_pages p, request r);

// A page for anybody.
void add_open(http::router& routes, site_pages p, std::string_view method, std::string_view pattern,
              open_handler handler);
// A page for who is signed in; others are sent to sign in and come back. What is no GET needs its XSRF token:
// 403 otherwise.
void add_page(http::router& routes, site_pages p, std::string_view method, std::string_view pattern,
              page_handler handler);

// The frame of a page, with its XSRF token; the cookie that goes with the token is set on `answer`.
frame frame_of(site_pages p, const request& r, response& answer, std::string current = "");
// `answer` (which may hold cookies) with the page as its body and every header that a page has.
response show(site_pages p, response answer, int status, std::string html, bool signed_in);

response to_sign_in(site_pages p, const request& r);
response error_page(site_pages p, const request& r, int status, std::string what = "",
                    std::string remedy = "");
response failure_page(site_pages p, const request& r,
                      const failure& f); // the status that fits the failure's code
int status_of(const failure& f);

// A person went to this address from the address bar, a bookmark or a page of this hub: not from another site, and not by
// an image or a script of a page. (Programs, which tell neither, count as people.)
bool is_visit(const request& r);

// A form's field; "" when it is not there.
std::string field(const http::name_values& form, std::string_view name);
http::name_values form_of(const request& r); // empty for what is no form
// ?next= where it stays on this hub, "" otherwise.
std::string next_of(const request& r);
std::string with_next(std::string url, std::string_view next);

// Whose server the path is about ({user}, {server}; without a user one's own). Nothing when there is no such
// user or `who` holds `scope` not for it: then the answer is 404, which tells nobody what exists.
struct subject {
    std::int64_t user_id = 0;
    std::string user, server;
    scheduler::server_key key() const { return {user_id, server}; }
};
std::optional<subject> subject_of(site_pages p, const hub::principal& who, const request& r,
                                  std::string_view scope);

// Whether this start was refused because too many start or run: it may be asked for again in a moment.
bool is_busy(site_pages p, const failure& f, const subject& s);
// Says so, and posts `fields` to `action` once more by itself.
response busy_page(site_pages p, const request& r, const failure& f, std::string action,
                   http::name_values fields);

// Registered by the files of their name.
void add_sign_in_pages(http::router& routes, site_pages p);
void add_home_pages(http::router& routes, site_pages p);
void add_spawn_pages(http::router& routes, site_pages p);
void add_server_pages(http::router& routes, site_pages p); // pending, not running, /hub/user/...
void add_token_pages(http::router& routes, site_pages p);
void add_admin_pages(http::router& routes, site_pages p);
// The servers of others that this user may use.
std::vector<shared_card> shared_with(site_pages p, const hub::principal& who);
void add_share_pages(http::router& routes, site_pages p); // invitations to others' servers
void add_docs_pages(http::router& routes, site_pages p); // the API described
void add_plain_pages(http::router& routes, site_pages p); // errors, assets

} // namespace berth::pages
