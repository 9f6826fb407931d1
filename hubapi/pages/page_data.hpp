// SPDX-License-Identifier: BSD-3-Clause
// From views to what templates read. An empty text becomes false, so that {{#name}} asks whether there is
// one; every key is set in every object, because Mustache would look for a missing one further out.
#pragma once

#include "hubapi/openapi/catalogue.hpp"
#include "hubapi/pages/admin_views.hpp"
#include "hubapi/pages/template_library.hpp"
#include "hubapi/pages/views.hpp"

#include <string>
#include <string_view>

namespace berth::pages {

// Text without what is no UTF-8 and without control characters (of a log: but line ends and tabs).
std::string printable(std::string_view text);

void put(data& into, const std::string& key, const std::string& text);
void put(data& into, const std::string& key, bool value);
void put(data& into, const std::string& key, const char*) = delete; // would be taken for a bool
// KEY is the text, KEY_iso the machine's form.
void put(data& into, const std::string& key, const moment& m);

template<class List, class Make>
void put_list(data& into, const std::string& key, const List& items, Make make) {
    data list(data::type::list);
    for (const auto& item : items) list.push_back(make(item));
    into.set(key, list);
    put(into, "any_" + key.substr(0, key.size() - 1), !items.empty());
}

// What the body of a page reads.
data of(const login_view& v);
data of(const home_view& v);
data of(const spawn_view& v);
data of(const pending_view& v);
data of(const failed_view& v);
data of(const not_running_view& v);
data of(const ask_view& v);
data of(const token_view& v);
data of(const consent_view& v);
data of(const busy_view& v);
data of(const onward_view& v);
data of(const error_view& v);
data of(const openapi::catalogue& all);
data of(const openapi::group& g);
data of(const std::vector<openapi::model>& models);
data of(const admin_view& v);
data of(const admin_add_view& v);
data of(const admin_user_view& v);
data of(const admin_groups_view& v);
data of(const admin_group_view& v);

} // namespace berth::pages
