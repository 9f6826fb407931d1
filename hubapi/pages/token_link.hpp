// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "hubapi/pages/page.hpp"

namespace berth::pages {

// GET /hub/login with a token in its query ([hub] allow_token_in_url). Only a user's own token that may do all that the user
// may signs in; the answer is one redirect to an address without it. A browser in which somebody else is signed in is
// left alone: a link must not put people into an account that is not theirs.
asio::awaitable<response> sign_in_by_link(site_pages p, request r);

} // namespace berth::pages
