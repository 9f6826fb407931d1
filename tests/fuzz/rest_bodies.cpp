// SPDX-License-Identifier: BSD-3-Clause
// Bodies and queries of the API: a query in the first line, then JSON. Also what a job tells of its address.
#include "daemon/http/forms.hpp"
#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/servers.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/pagination.hpp"
#include "hubapi/rest/reported_address.hpp"
#include "tests/fuzz/support.hpp"

#include <nlohmann/json.hpp>

namespace {

using namespace berth;
using fuzz::check;
using nlohmann::json;

void check_answer(const http::response& r) { check(json::accept(r.body), "an answer is JSON"); }

void check_address(const json& body) {
    const auto told = hub::read_reported_address(body);
    if (!told) return check_answer(hub::error_answer(told.error()));
    check(told->port >= 1 && told->port <= 65535, "a port is one");
    check(told->host.size() <= 255 && told->host.find_first_of(" /\\@?#%\"'<>\r\n") == std::string::npos,
          "a host is one");
}

} // namespace

// Of hubapi/model/servers.cpp, which knows all of the hub.
int berth::hub::retry_seconds() { return 30; }

void fuzz(std::string_view bytes) {
    fuzz::lines in(bytes);
    http::request r;
    r.raw_path = "/hub/api/users";
    r.host = "hub.example";
    r.query = http::parse_urlencoded(in.next());
    r.headers.add("Accept", "application/jupyterhub-pagination+json");
    r.body = in.rest();
    if (const auto page = hub::read_page(r)) {
        check(page->limit >= 1 && page->limit <= 200, "pages are bounded");
        check_answer(hub::page_answer(r, *page, 1000, "[]"));
    } else {
        check_answer(hub::error_answer(page.error()));
    }
    const auto body = hub::read_object(r);
    if (!body) return check_answer(hub::error_answer(body.error()));
    check(body->is_object() && json::accept(body->dump()), "a body that was taken can be written");
    check_address(*body);
    if (const auto names = hub::read_names(*body, "users", "none"))
        check(!names->empty(), "names are there");
    else
        check_answer(hub::error_answer(names.error()));
}
