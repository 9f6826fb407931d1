// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/static_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace berth::http {
namespace {

using testing::EndsWith;
using testing::StartsWith;

request get(std::string method = "GET") {
    request r;
    r.method = std::move(method);
    return r;
}

asset_library make_library(const std::string& folder = "") {
    return asset_library(
        {{"css/style.css", {"body{}", "text/css; charset=utf-8"}}, {"LICENSE", {"x", "text/plain"}}}, folder);
}

TEST(assets, are_named_by_their_content) {
    const auto library = make_library();
    const auto url = library.url("css/style.css");
    EXPECT_THAT(url, StartsWith("css/style."));
    EXPECT_THAT(url, EndsWith(".css"));
    EXPECT_EQ(url.size(), std::string("css/style.css").size() + 17);
    EXPECT_EQ(library.url("missing.js"), "missing.js");
    const auto a = library.serve(get(), url);
    EXPECT_EQ(a.status, 200);
    EXPECT_EQ(a.body, "body{}");
    EXPECT_EQ(a.headers.get("Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(a.headers.get("Content-Type"), "text/css; charset=utf-8");
    EXPECT_EQ(library.serve(get(), "css/style.css").headers.get("Cache-Control"), "no-cache");
    EXPECT_EQ(library.serve(get(), library.url("LICENSE")).body, "x");
}

TEST(assets, are_not_sent_twice) {
    const auto library = make_library();
    const std::string tag(library.serve(get(), "LICENSE").headers.get("ETag"));
    for (const auto& [sent, status] : std::vector<std::pair<std::string, int>>{
             {tag, 304}, {"\"a\", W/" + tag, 304}, {"*", 304}, {"\"other\"", 200}, {tag.substr(1), 200}}) {
        auto r = get();
        r.headers.add("If-None-Match", sent);
        const auto a = library.serve(r, "LICENSE");
        EXPECT_EQ(a.status, status) << sent;
        EXPECT_EQ(a.headers.get("ETag"), tag);
    }
}

TEST(assets, are_found_or_refused) {
    const auto library = make_library();
    for (const auto* name : {"", "style.css", "../style.css", "css", "css/style.0000000000000000.css"})
        EXPECT_EQ(library.serve(get(), name).status, 404) << name;
    EXPECT_EQ(library.serve(get("POST"), "LICENSE").status, 405);
}

TEST(assets, of_a_folder_replace_embedded_ones) {
    const auto folder = std::filesystem::path(testing::TempDir()) / ("assets" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder / "css");
    std::ofstream(folder / "css" / "style.css") << "own{}";
    std::ofstream(folder / "logo.svg") << "<svg/>";
    const auto library = make_library(folder.string());
    std::filesystem::remove_all(folder);
    EXPECT_EQ(library.serve(get(), library.url("css/style.css")).body, "own{}");
    EXPECT_EQ(library.serve(get(), "logo.svg").headers.get("Content-Type"), "image/svg+xml");
    EXPECT_EQ(library.serve(get(), "LICENSE").body, "x");
}

} // namespace
} // namespace berth::http
