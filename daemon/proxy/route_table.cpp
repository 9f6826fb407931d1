// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/route_table.hpp"

#include "daemon/runtime/encoding.hpp"

#include <algorithm>
#include <vector>

namespace berth::proxy {
namespace {

std::size_t segments(std::string_view prefix) {
    return prefix == "/" ? 0 : static_cast<std::size_t>(std::count(prefix.begin(), prefix.end(), '/'));
}

std::string resolve_dots(std::string_view path) {
    std::vector<std::string_view> kept;
    bool folder = false;
    for (std::size_t at = 1; at <= path.size();) {
        const auto slash = std::min(path.find('/', at), path.size());
        const auto s = path.substr(at, slash - at);
        folder = s == "." || s == "..";
        if (s == ".." && !kept.empty())
            kept.pop_back();
        else if (!folder)
            kept.push_back(s);
        at = slash + 1;
    }
    std::string out;
    for (auto s : kept) out.append("/").append(s);
    if (folder || out.empty()) out += '/';
    return out;
}

} // namespace

std::string clean_prefix(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    std::string out(path);
    if (!out.starts_with('/')) out.insert(0, "/");
    return out;
}

std::string_view routed_path(std::string_view target, std::string& storage) {
    auto path = target.substr(0, target.find('?'));
    if (path.find('%') != path.npos) {
        storage = percent_decode(path);
        path = storage;
    }
    if (path.find("/.") != path.npos) {
        storage = resolve_dots(path);
        path = storage;
    }
    return path;
}

void route_table::set(route_ptr r) {
    depth_ = std::max(depth_, segments(r->prefix));
    auto& place = routes_[r->prefix];
    place = std::move(r);
}

void route_table::remove(const std::string& prefix) { routes_.erase(prefix); }

void route_table::replace(const std::vector<route_ptr>& all) {
    routes_.clear();
    depth_ = 0;
    for (const auto& r : all) set(r);
}

const route_ptr* route_table::exact(std::string_view prefix) const {
    const auto at = routes_.find(prefix);
    return at == routes_.end() ? nullptr : &at->second;
}

const route_ptr* route_table::find(std::string_view path) const {
    // The end of the deepest prefix that a route could have; then upwards.
    std::size_t end = 0;
    for (std::size_t n = 0; n < depth_ && end < path.size(); ++n)
        end = std::min(path.find('/', end + 1), path.size());
    while (end > 0) {
        if (const auto* r = exact(path.substr(0, end))) return r;
        end = path.rfind('/', end - 1);
        if (end == path.npos) break;
    }
    return exact("/");
}

} // namespace berth::proxy
