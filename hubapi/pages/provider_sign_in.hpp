// SPDX-License-Identifier: BSD-3-Clause
// Signing in and out at the identity provider: /hub/oauth_login, /hub/oauth_callback, /hub/backchannel_logout.
#pragma once

#include "hubapi/model/servers.hpp"
#include "hubapi/pages/page.hpp"

namespace berth::pages {

// To the provider, and back to `next`.
asio::awaitable<response> begin_at_provider(site_pages p, request r);
response signed_out_page(site_pages p, const request& r);

// Where somebody belongs who asks for nothing in particular.
std::string own_place(site_pages p, std::int64_t user_id);

// Where a start of one's own failed because it needs a sign-in at the provider: a page that leads there, and back to this very
// start. No redirect: browsers hold the answer to a form to this site (form-action).
std::optional<response> by_way_of_the_provider(site_pages p, const hub::principal& who, const request& r, const result<void>& started,
                                               const hub::start_order& order, std::string next);

void add_provider_pages(http::router& routes, site_pages p);

} // namespace berth::pages
