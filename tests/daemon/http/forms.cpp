// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/forms.hpp"

#include "daemon/http/multipart.hpp"

#include <gtest/gtest.h>

namespace berth::http {
namespace {

request with_form(std::string type, std::string body) {
    request r;
    r.headers.add("Content-Type", std::move(type));
    r.body = std::move(body);
    return r;
}

TEST(urlencoded, is_decoded) {
    struct row {
        std::string text;
        name_values list;
    };
    const std::vector<row> rows{
        {"", {}},
        {"a=1&b=%20x+y", {{"a", "1"}, {"b", " x y"}}},
        {"a&a=&=b", {{"a", ""}, {"a", ""}, {"", "b"}}},
        {"&&a=1&", {{"a", "1"}}},
        {"a=b=c", {{"a", "b=c"}}},
        {"a=%zz%4", {{"a", "%zz%4"}}},
        {"%61+%26=%3D", {{"a &", "="}}},
    };
    for (const auto& [text, list] : rows) EXPECT_EQ(parse_urlencoded(text), list) << text;
}

TEST(urlencoded, is_bounded) {
    std::string text;
    for (int i = 0; i < 2000; ++i) text += "a&";
    EXPECT_EQ(parse_urlencoded(text).size(), 1000U);
}

TEST(urlencoded, survives_a_round_trip) {
    const name_values list{{"a b", "ü&=+%"}, {"", "x\ny"}};
    EXPECT_EQ(to_urlencoded({{"a b", "x&y"}}), "a+b=x%26y");
    EXPECT_EQ(parse_urlencoded(to_urlencoded(list)), list);
}

TEST(form, is_read_by_its_type) {
    auto form = read_form(with_form("application/x-www-form-urlencoded; charset=UTF-8", "a=0&a=1&c=2"));
    ASSERT_TRUE(form);
    EXPECT_EQ(find_value(*form, "a"), "1") << "the last one";
    EXPECT_EQ(find_value(*form, "b"), std::nullopt);
    EXPECT_EQ(read_form(with_form("application/json", "{}")).error().code, errc::invalid_argument);
}

TEST(multipart, parts_are_taken_apart) {
    const std::string body =
        "preamble\r\n--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\ntwo\r\n"
        "--X\r\ncontent-disposition: form-data; name=\"f\\\"i\"; filename=\"x;name=y\"\r\n"
        "Content-Type: text/plain\r\n\r\n\r\n--Xtra\r\n"
        "--X  \r\nContent-Disposition: form-data; name=plain\r\n\r\n\r\n--X--\r\nepilogue";
    auto form = read_form(with_form("multipart/form-data; charset=utf-8; boundary=\"X\"", body));
    ASSERT_FALSE(form); // "--Xtra" begins with the boundary, and what follows it is no line end
    std::string good = body;
    good.replace(good.find("--Xtra"), 6, "--Ytra");
    form = read_form(with_form("Multipart/Form-Data; charset=utf-8; boundary=X", good));
    ASSERT_TRUE(form) << form.error().message;
    EXPECT_EQ(*form, (name_values{{"a", "one\r\ntwo"}, {"f\"i", "\r\n--Ytra"}, {"plain", ""}}));
}

TEST(multipart, a_malformed_body_is_refused) {
    const std::string part = "--X\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n";
    for (const auto& body : std::vector<std::string>{
             "", "--X", part, "--X\r\n\r\nv\r\n--X--", "--X\r\nA: b\r\n\r\nv\r\n--X--", std::string("--Y--"),
             part + "--X", std::string("--X\r\nContent-Disposition: form-data")})
        EXPECT_FALSE(parse_multipart("multipart/form-data; boundary=X", body)) << body;
    EXPECT_TRUE(parse_multipart("multipart/form-data; boundary=X", part + "--X--"));
    EXPECT_EQ(parse_multipart("multipart/form-data; boundary=X", "--X--")->size(), 0U);
    EXPECT_FALSE(parse_multipart("multipart/form-data", part + "--X--"));
}

TEST(multipart, the_number_of_parts_is_bounded) {
    std::string body;
    for (int i = 0; i < 1001; ++i) body += "--X\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n";
    EXPECT_FALSE(parse_multipart("multipart/form-data; boundary=X", body + "--X--"));
}

} // namespace
} // namespace berth::http
