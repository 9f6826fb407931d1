// SPDX-License-Identifier: BSD-3-Clause
// Where a request goes: prefixes, one a line, then an empty line and the request's target. The table must
// find what a plain search finds, and a target that is taken can stand in a Host header.
#include "daemon/proxy/route_table.hpp"
#include "daemon/proxy/target.hpp"
#include "daemon/runtime/encoding.hpp"
#include "tests/fuzz/support.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace {

using namespace berth;
using namespace berth::proxy;
using fuzz::check;

bool covers(std::string_view prefix, std::string_view path) {
    return prefix == "/" ||
           (path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/'));
}

void check_target(std::string_view text) {
    const auto t = parse_target(text);
    if (!t) return;
    check(t->address || !t->host.empty(), "a target has an address or a name");
    check(fuzz::is_one_line(t->authority) && t->authority.find(' ') == std::string::npos,
          "the authority can stand in a header");
    const auto again = parse_target(t->url);
    check(again && again->host == t->host && again->port == t->port,
          "a target's URL is read as the same again");
}

} // namespace

void fuzz(std::string_view bytes) {
    fuzz::lines in(bytes);
    route_table table;
    std::map<std::string, route_ptr> known;
    for (const auto& line : in.until_empty_line()) {
        check_target(line);
        auto r = std::make_shared<route>();
        r->prefix = clean_prefix(percent_decode(line));
        check(clean_prefix(r->prefix) == r->prefix, "a clean prefix stays as it is");
        known[r->prefix] = r;
        table.set(r);
    }
    std::string storage;
    const std::string path(routed_path(in.rest(), storage));
    const route_ptr* expected = nullptr;
    for (const auto& [prefix, r] : known)
        if (covers(prefix, path) && (!expected || prefix.size() > (*expected)->prefix.size())) expected = &r;
    const auto* found = table.find(path);
    check((found == nullptr) == (expected == nullptr), "the table finds a route where there is one");
    check(!found || *found == *expected, "the table finds the longest prefix");
    for (const auto& [prefix, r] : known) table.remove(prefix);
    check(table.size() == 0 && !table.find(path), "a removed route is not found");
}
