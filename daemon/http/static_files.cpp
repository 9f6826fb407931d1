// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/static_files.hpp"

#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace berth::http {
namespace {

namespace fs = std::filesystem;

std::string_view media_type_of(std::string_view name) {
    using row = std::pair<std::string_view, std::string_view>;
    static constexpr std::array rows{
        row{".css", "text/css; charset=utf-8"},
        row{".js", "text/javascript; charset=utf-8"},
        row{".mjs", "text/javascript; charset=utf-8"},
        row{".json", "application/json"},
        row{".html", "text/html; charset=utf-8"},
        row{".txt", "text/plain; charset=utf-8"},
        row{".svg", "image/svg+xml"},
        row{".png", "image/png"},
        row{".jpg", "image/jpeg"},
        row{".jpeg", "image/jpeg"},
        row{".gif", "image/gif"},
        row{".webp", "image/webp"},
        row{".ico", "image/x-icon"},
        row{".woff2", "font/woff2"},
    };
    for (const auto& [suffix, type] : rows)
        if (name.ends_with(suffix)) return type;
    return "application/octet-stream";
}

// "css/style.css" with hash "ab12" is "css/style.ab12.css".
std::string with_hash(std::string_view name, std::string_view hash) {
    const auto slash = name.rfind('/');
    const auto dot = name.rfind('.');
    const bool has_suffix = dot != std::string_view::npos && (slash == std::string_view::npos || dot > slash);
    const auto stem = has_suffix ? name.substr(0, dot) : name;
    const auto suffix = has_suffix ? name.substr(dot) : std::string_view();
    return std::string(stem) + "." + std::string(hash) + std::string(suffix);
}

// If-None-Match: a list of tags, weak or strong, or "*" (RFC 9110, section 13.1.2).
bool matches(std::string_view if_none_match, std::string_view tag) {
    while (!if_none_match.empty()) {
        const auto end = if_none_match.find(',');
        auto one = trim(if_none_match.substr(0, end));
        if (one.starts_with("W/")) one.remove_prefix(2);
        if (one == tag || one == "*") return true;
        if (end == std::string_view::npos) break;
        if_none_match.remove_prefix(end + 1);
    }
    return false;
}

} // namespace

asset_library::asset_library(std::map<std::string, asset> embedded, const std::string& folder) {
    std::map<std::string, entry> all;
    for (const auto& [name, a] : embedded)
        all[name] = {std::string(a.content), std::string(a.media_type), ""};
    std::error_code ec;
    if (!folder.empty()) {
        for (fs::recursive_directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
            if (!it->is_regular_file(ec)) continue;
            std::ifstream in(it->path(), std::ios::binary);
            if (!in) continue;
            const auto name = it->path().lexically_relative(folder).generic_string();
            all[name] = {std::string(std::istreambuf_iterator<char>(in), {}),
                         std::string(media_type_of(name)), ""};
        }
    }
    for (auto& [name, e] : all) {
        e.hash = sha256_hex(e.content).substr(0, 16);
        auto hashed = with_hash(name, e.hash);
        by_name_[hashed] = e;
        hashed_[name] = std::move(hashed);
    }
    // Plain names last: a file that happens to be called like a hashed one keeps its own name.
    for (auto& [name, e] : all) by_name_[name] = std::move(e);
}

std::string asset_library::url(std::string_view name) const {
    const auto at = hashed_.find(name);
    return at == hashed_.end() ? std::string(name) : at->second;
}

response asset_library::serve(const request& r, std::string_view name) const {
    const auto at = by_name_.find(name);
    if (at == by_name_.end()) return make_text(404, "no such file\n");
    if (r.method != "GET" && r.method != "HEAD") {
        auto refused = make_text(405, "files can only be read\n");
        refused.headers.add("Allow", "GET, HEAD");
        return refused;
    }
    const auto& e = at->second;
    const bool hashed = !hashed_.contains(name);
    const std::string tag = "\"" + e.hash + "\"";
    response out;
    out.status = matches(r.header("if-none-match"), tag) ? 304 : 200;
    out.headers.add("ETag", tag);
    out.headers.add("Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
    if (out.status == 304) return out;
    out.headers.add("Content-Type", e.media_type);
    out.headers.add("X-Content-Type-Options", "nosniff");
    out.body = e.content; // the session leaves it out for HEAD
    return out;
}

} // namespace berth::http
