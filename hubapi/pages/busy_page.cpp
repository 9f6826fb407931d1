// SPDX-License-Identifier: BSD-3-Clause
// The hub starts as many servers as it may: what to do, and a page that asks again by itself.
#include "hubapi/model/servers.hpp"
#include "hubapi/pages/page.hpp"
#include "hubapi/pages/page_data.hpp"

#include <string>

namespace berth::pages {

data of(const busy_view& v) {
    data d;
    put(d, "what", v.what);
    put(d, "seconds", std::to_string(v.seconds));
    put(d, "action", v.action);
    put(d, "back_url", v.back_url);
    put_list(d, "fields", v.fields, [](const auto& field) {
        data item;
        put(item, "name", field.first);
        put(item, "value", field.second);
        return item;
    });
    return d;
}

bool is_busy(site_pages p, const failure& f, const subject& s) {
    return f.code == errc::limit_exceeded &&
           (s.server.empty() || p.h.servers.find(s.key()) || hub::may_have_another(p.h, s.user_id));
}

response busy_page(site_pages p, const request& r, const failure& f, std::string action,
                   http::name_values fields) {
    response cookies;
    const auto around = frame_of(p, r, cookies);
    busy_view v;
    v.what = f.message;
    v.seconds = hub::retry_seconds();
    v.action = std::move(action);
    for (auto& field : fields)
        if (field.first != "_xsrf") v.fields.push_back(std::move(field));
    v.back_url = p.path("home");
    auto answer = show(p, std::move(cookies), 429, p.draw.busy(around, v), true);
    answer.headers.set("Retry-After", std::to_string(v.seconds));
    return answer;
}

} // namespace berth::pages
