// SPDX-License-Identifier: BSD-3-Clause
#include "auth/provider/requests.hpp"

#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"

#include <ctime>
#include <time.h>

namespace berth::auth {

std::string encode_form(std::initializer_list<form_field> fields) {
    std::string out;
    for (const auto& [name, value] : fields) {
        if (!out.empty()) out += '&';
        out += percent_encode(name) + "=" + percent_encode(value);
    }
    return out;
}

http_call make_get(const provider_settings& s, std::string url) {
    http_call call;
    call.url = std::move(url);
    call.headers = {{"Accept", "application/json"}};
    call.timeout = s.timeout;
    call.connect_timeout = std::min(call.connect_timeout, s.timeout);
    call.ca_file = s.ca_file;
    call.max_body = 1 << 20;
    return call;
}

http_call make_post(const provider_settings& s, std::string url, const oauth_client_login& client,
                    bool secret_in_body, std::string form) {
    auto call = make_get(s, std::move(url));
    call.method = "POST";
    call.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    call.body = std::move(form);
    const auto id = percent_encode(client.id), password = percent_encode(client.password.reveal());
    if (secret_in_body)
        call.body += "&client_id=" + id + "&client_secret=" + password;
    else
        call.headers.emplace_back("Authorization", "Basic " + base64_encode(id + ":" + password));
    return call;
}

std::string silent_authorization(const provider_metadata& where, const std::string& client_id,
                                 const std::string& redirect_uri) {
    const auto query = encode_form({{"response_type", "code"},
                                    {"client_id", client_id},
                                    {"redirect_uri", redirect_uri},
                                    {"scope", "openid"},
                                    {"prompt", "none"},
                                    {"state", "berth-check"},
                                    {"code_challenge", base64url_encode(sha256("berth-check"))},
                                    {"code_challenge_method", "S256"}});
    return where.authorize_url + (where.authorize_url.contains('?') ? "&" : "?") + query;
}

std::optional<time_point> parse_http_date(const std::string& text) {
    std::tm parts{};
    const auto* end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (!end || *end != '\0') return std::nullopt;
    return time_point(std::chrono::seconds(timegm(&parts)));
}

} // namespace berth::auth
