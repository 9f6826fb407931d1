// SPDX-License-Identifier: BSD-3-Clause
// The front door's routes as its REST API takes them: calls in two lines each, "METHOD path" and a body.
// Whatever was taken can be fetched, and a listing can be told to another door.
#include "daemon/proxy/route_book.hpp"
#include "daemon/runtime/encoding.hpp"
#include "tests/fuzz/support.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace {

using namespace berth;
using namespace berth::proxy;
using fuzz::check;
using nlohmann::json;

constexpr std::int64_t now_ms = 1'763'859'600'000;

void call(route_book& book, std::string_view method, const std::string& path, const std::string& body) {
    if (method == "POST") {
        const auto change = book.add(path, body, now_ms);
        check(!change || book.find(path) == change->added, "a route that was added is there");
    } else if (method == "DELETE") {
        const auto there = book.find(path);
        check(book.remove(path) == there && !book.find(path), "a route that was removed is not there");
    } else if (method == "PATCH") {
        const auto before = book.all();
        const auto changes = book.add_all(body, now_ms);
        check(changes || book.all() == before, "all are added or none");
        if (changes)
            for (const auto& c : *changes) check(book.find(c.added->prefix) != nullptr, "what was added is there");
    }
}

std::vector<std::string> targets(const route_book& book) {
    std::vector<std::string> out;
    for (const auto& r : book.all()) out.push_back(r->prefix + " " + r->target.url);
    return out;
}

} // namespace

void fuzz(std::string_view bytes) {
    route_book book;
    fuzz::lines in(bytes);
    for (int n = 0; n < 20 && !in.empty(); ++n) {
        const auto line = in.next();
        const auto blank = std::min(line.find(' '), line.size());
        call(book, line.substr(0, blank), percent_decode(line.substr(std::min(blank + 1, line.size()))),
             std::string(in.next()));
    }
    const auto all = book.to_json(book.all());
    check(json::accept(all), "the routes can be listed");
    for (const auto& r : book.all())
        check(json::accept(book.to_json(*r)) && book.find(r->prefix) == r, "each can be fetched");
    route_book other;
    check(other.add_all(all, now_ms).has_value() && targets(other) == targets(book), "a door that is told a listing has the same routes");
}
