// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/router.hpp"

#include "daemon/runtime/encoding.hpp"

#include <algorithm>
#include <stdexcept>

namespace berth::http {
namespace {

// A pattern's end for one method.
struct endpoint {
    std::string method;
    std::string pattern;
    std::vector<std::string> names; // of the captured segments, in their order
    handler target;
};

using endpoints = std::vector<endpoint>;

// Methods of one place in the tree; GET stands in for HEAD.
const endpoint* pick(const endpoints& list, std::string_view method) {
    const endpoint* get = nullptr;
    for (const auto& e : list) {
        if (e.method == method) return &e;
        if (e.method == "GET") get = &e;
    }
    return method == "HEAD" ? get : nullptr;
}

void note_allowed(const endpoints& list, std::vector<std::string>& allowed) {
    auto note = [&](std::string_view method) {
        if (std::ranges::find(allowed, method) == allowed.end()) allowed.emplace_back(method);
    };
    for (const auto& e : list) {
        note(e.method);
        if (e.method == "GET") note("HEAD");
    }
}

struct segment {
    enum { literal, name, rest } kind;
    std::string text;
};

segment classify(std::string_view text) {
    if (text.size() < 3 || text.front() != '{' || text.back() != '}')
        return {segment::literal, std::string(text)};
    text = text.substr(1, text.size() - 2);
    if (text.back() == '*') return {segment::rest, std::string(text.substr(0, text.size() - 1))};
    return {segment::name, std::string(text)};
}

} // namespace

// One segment's place in the tree.
struct router::node {
    std::vector<std::pair<std::string, std::unique_ptr<node>>> literals; // sorted by text
    std::unique_ptr<node> any;
    endpoints here;
    endpoints rest; // {name*} behind this place

    node* literal(std::string_view text) const {
        auto at = std::ranges::lower_bound(literals, text, {},
                                           [](const auto& l) { return std::string_view(l.first); });
        return at != literals.end() && at->first == text ? at->second.get() : nullptr;
    }
    node& make_literal(std::string text) {
        if (auto* found = literal(text)) return *found;
        auto at = std::ranges::lower_bound(literals, text, {}, [](const auto& l) { return l.first; });
        return *literals.emplace(at, std::move(text), std::make_unique<node>())->second;
    }

    // What a search has found so far; `captured` is undecoded.
    struct search {
        std::string_view method;
        const endpoint* found = nullptr;
        const endpoints* first_place = nullptr; // the best path that matched, whatever its methods
        std::vector<std::string_view> captured;
        std::vector<std::string> allowed;
    };

    bool accept(search& s, const endpoints& place) const {
        if (place.empty()) return false;
        s.found = pick(place, s.method);
        if (s.found) return true;
        if (!s.first_place) s.first_place = &place;
        note_allowed(place, s.allowed);
        return false;
    }

    // `path` is what follows this place's "/"; `at_end` when there was no further "/".
    bool walk(search& s, std::string_view path, bool at_end) const {
        if (at_end) return accept(s, here);
        const auto slash = path.find('/');
        const auto text = path.substr(0, slash);
        const bool last = slash == std::string_view::npos;
        const auto behind = last ? std::string_view() : path.substr(slash + 1);

        const node* next =
            text.find('%') == std::string_view::npos ? literal(text) : literal(percent_decode(text));
        if (next && next->walk(s, behind, last)) return true;
        if (any && !text.empty()) {
            s.captured.push_back(text);
            if (any->walk(s, behind, last)) return true;
            s.captured.pop_back();
        }
        s.captured.push_back(path);
        if (accept(s, rest)) return true;
        s.captured.pop_back();
        return false;
    }
};

router::router() : root_(std::make_unique<node>()) {}
router::router(router&&) noexcept = default;
router::~router() = default;

void router::add(std::string_view method, std::string_view pattern, handler h) {
    if (!pattern.starts_with('/'))
        throw std::invalid_argument("a pattern starts with \"/\": " + std::string(pattern));
    endpoint e{std::string(method), std::string(pattern), {}, std::move(h)};
    node* at = root_.get();
    endpoints* place = nullptr;
    for (auto left = pattern.substr(1); !place;) {
        const auto slash = left.find('/');
        auto part = classify(left.substr(0, slash));
        const bool last = slash == std::string_view::npos;
        if (part.kind == segment::literal) {
            at = &at->make_literal(std::move(part.text));
        } else {
            e.names.push_back(std::move(part.text));
            if (part.kind == segment::rest) {
                if (!last) throw std::invalid_argument("{name*} must be last: " + e.pattern);
                place = &at->rest;
                break;
            }
            if (!at->any) at->any = std::make_unique<node>();
            at = at->any.get();
        }
        if (last)
            place = &at->here;
        else
            left.remove_prefix(slash + 1);
    }
    if (std::ranges::any_of(*place, [&](const endpoint& other) { return other.method == e.method; }))
        throw std::invalid_argument("two handlers for " + e.method + " " + e.pattern);
    table_.push_back({e.method, e.pattern});
    place->push_back(std::move(e));
}

router::match router::find(std::string_view method, std::string_view path) const {
    match m;
    if (!path.starts_with('/')) return m;
    node::search s{.method = method, .found = nullptr, .first_place = nullptr, .captured = {}, .allowed = {}};
    if (!root_->walk(s, path.substr(1), false)) {
        if (s.first_place) m.pattern = s.first_place->front().pattern;
        m.allowed = std::move(s.allowed);
        return m;
    }
    m.target = &s.found->target;
    m.pattern = s.found->pattern;
    for (std::size_t i = 0; i < s.captured.size(); ++i)
        m.params[s.found->names[i]] = percent_decode(s.captured[i]);
    return m;
}

} // namespace berth::http
