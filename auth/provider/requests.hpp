// SPDX-License-Identifier: BSD-3-Clause
// What the hub sends to the provider. Pure; private to the room.
#pragma once

#include "auth/provider/identity_provider.hpp"

#include <initializer_list>
#include <utility>

namespace berth::auth {

using form_field = std::pair<std::string_view, std::string_view>;

// name=value&... as RFC 6749 appendix B writes forms and queries.
std::string encode_form(std::initializer_list<form_field> fields);

// A POST of the form, with the client's id and secret in the header (RFC 6749 section 2.3.1), or in the body.
// Deadline and authorities are the settings'.
http_call make_post(const provider_settings& s, std::string url, const oauth_client_login& client,
                    bool secret_in_body, std::string form);
http_call make_get(const provider_settings& s, std::string url);

// Where the browser would go to sign in, asking for nothing but an answer without a page.
std::string silent_authorization(const provider_metadata& where, const std::string& client_id,
                                 const std::string& redirect_uri);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::optional<time_point> parse_http_date(const std::string& text);

} // namespace berth::auth
