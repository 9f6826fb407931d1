// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/rest/pagination.hpp"

#include "daemon/http/forms.hpp"
#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/json_writer.hpp"

#include <algorithm>
#include <charconv>
#include <ranges>

namespace berth::hub {
namespace {

constexpr std::size_t default_limit = 50, max_limit = 200;
constexpr std::string_view media_type = "application/jupyterhub-pagination+json";

result<std::size_t> read_number(const http::request& r, std::string_view name, std::size_t otherwise) {
    const auto text = http::find_value(r.query, name);
    if (!text) return otherwise;
    long long value = 0;
    const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (ec != std::errc{} || end != text->data() + text->size() || value == std::numeric_limits<long long>::min())
        return fail(errc::invalid_argument, "Invalid argument type, offset and limit must be integers");
    return static_cast<std::size_t>(value < 0 ? -value : value);
}

// The type itself, alone or in a list; with parameters it is another one, as for JupyterHub.
bool accepts_pages(std::string_view accept) {
    for (const auto part : std::views::split(accept, ','))
        if (iequals(trim(std::string_view(part.begin(), part.end())), media_type)) return true;
    return false;
}

// The request's own address with offset and limit replaced; the rest of the query stays.
std::string next_url(const http::request& r, std::size_t offset, std::size_t limit) {
    auto query = r.query;
    const auto put = [&](const std::string& name, std::size_t value) {
        const auto at = std::ranges::find(query, name, &http::name_values::value_type::first);
        if (at == query.end()) return (void)query.emplace_back(name, std::to_string(value));
        at->second = std::to_string(value);
        query.erase(std::remove_if(at + 1, query.end(), [&](const auto& pair) { return pair.first == name; }), query.end());
    };
    put("offset", offset);
    put("limit", limit);
    return r.scheme + "://" + r.host + r.raw_path + "?" + http::to_urlencoded(query);
}

} // namespace

result<page_request> read_page(const http::request& r) {
    page_request page;
    page.paged = accepts_pages(r.header("Accept"));
    auto offset = read_number(r, "offset", 0);
    auto limit = read_number(r, "limit", page.paged ? default_limit : max_limit);
    if (!offset) return fail(offset.error());
    if (!limit) return fail(limit.error());
    page.offset = *offset;
    page.limit = std::clamp<std::size_t>(*limit, 1, max_limit);
    return page;
}

http::response page_answer(const http::request& r, const page_request& page, std::size_t total, std::string items) {
    if (!page.paged) return http::make_json(200, std::move(items));
    std::string body;
    body.reserve(items.size() + 300);
    json_writer w(body);
    w.open('{').key("items").raw(items).key("_pagination").open('{');
    w.key("offset").number(static_cast<std::int64_t>(page.offset)).key("limit").number(static_cast<std::int64_t>(page.limit));
    w.key("total").number(static_cast<std::int64_t>(total)).key("next");
    const auto next = page.offset + page.limit;
    if (next < total)
        w.open('{').key("offset").number(static_cast<std::int64_t>(next)).key("limit").number(static_cast<std::int64_t>(page.limit))
            .key("url").text(next_url(r, next, page.limit)).close('}');
    else
        w.null();
    w.close('}').close('}');
    return http::make_json(200, std::move(body));
}

} // namespace berth::hub
