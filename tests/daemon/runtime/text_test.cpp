// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/result.hpp"
#include "daemon/runtime/secret.hpp"
#include "daemon/runtime/time_text.hpp"
#include "daemon/runtime/web_address.hpp"

#include <gtest/gtest.h>

#include <set>

namespace berth {
namespace {

using namespace std::chrono;

TEST(Encoding, Hex) {
    EXPECT_EQ(hex_encode(std::string("\0\xff\x10", 3)), "00ff10");
    EXPECT_EQ(hex_decode("00FF10"), std::string("\0\xff\x10", 3));
    for (const auto* bad : {"0", "0g", "zz", "1 "}) EXPECT_EQ(hex_decode(bad), std::nullopt) << bad;
}

TEST(Encoding, Base64) { // RFC 4648 section 10
    const std::pair<const char*, const char*> vectors[]{{"", ""},
                                                        {"f", "Zg=="},
                                                        {"fo", "Zm8="},
                                                        {"foo", "Zm9v"},
                                                        {"foob", "Zm9vYg=="},
                                                        {"fooba", "Zm9vYmE="},
                                                        {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : vectors) {
        EXPECT_EQ(base64_encode(plain), coded);
        EXPECT_EQ(base64url_decode(coded), plain);
        EXPECT_EQ(base64url_decode(base64url_encode(plain)), plain);
    }
    EXPECT_EQ(base64url_encode("\xfb\xff"), "-_8");
    for (const auto* bad : {"a", "ab cd", "+/", "a=b", "AB", "AAB"}) EXPECT_EQ(base64url_decode(bad), std::nullopt) << bad;
}

TEST(Encoding, Percent) {
    EXPECT_EQ(percent_encode("a b/\xc3\xa9~@", "@~"), "a%20b%2F%C3%A9~@");
    EXPECT_EQ(percent_decode("a%20b%2f+"), "a b/+");
    EXPECT_EQ(percent_decode("a+b", true), "a b");
    EXPECT_EQ(percent_decode("100%"), "100%");
    EXPECT_EQ(percent_decode("%4%zz%41"), "%4%zzA");
}

TEST(Encoding, Text) {
    EXPECT_EQ(html_escape("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
    EXPECT_EQ(trim(" \r\n a b\t"), "a b");
    EXPECT_EQ(trim(" \t"), "");
    EXPECT_EQ(replaced("/{u}/{u}", "{u}", "a{u}"), "/a{u}/a{u}");
    EXPECT_TRUE(iequals("Content-TYPE", "content-type"));
    EXPECT_FALSE(iequals("a", "ab"));
    EXPECT_TRUE(is_valid_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
    for (const auto* bad : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xff", "\x80"})
        EXPECT_FALSE(is_valid_utf8(bad));
}

TEST(Digest, KnownVectors) { // FIPS 180-2, RFC 4231 case 2
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_TRUE(equal_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_constant_time("abc", "ab"));
}

TEST(Digest, RandomTextIsOfItsAlphabetAndDiffers) {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) seen.insert(random_alnum(22));
    EXPECT_EQ(seen.size(), 100u);
    EXPECT_EQ(random_alnum(22).size(), 22u);
    EXPECT_EQ(random_alnum(5000).find_first_not_of(
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
              std::string::npos);
    EXPECT_EQ(random_hex(16).size(), 32u);
}

TEST(Secret, IsComparedMovedAndWiped) {
    secret a{std::string("short")}, long_one{std::string(100, 'x')};
    const secret copy = a;
    EXPECT_EQ(copy, a);
    EXPECT_FALSE(a == long_one);
    const auto* memory = long_one.reveal().data();
    a = std::move(long_one);
    EXPECT_EQ(a.reveal(), std::string(100, 'x'));
    EXPECT_TRUE(long_one.empty()); // NOLINT: what a moved-from secret holds is the point
    EXPECT_EQ(std::string_view(memory, 100), std::string(100, '\0'));
    EXPECT_TRUE(secret().empty());
}

TEST(TimeText, Iso8601) {
    const time_point t = sys_days(2026y / November / 22) + 19h + 5min + 51s + 156002us;
    EXPECT_EQ(iso8601(t), "2026-11-22T19:05:51.156002Z");
    EXPECT_EQ(parse_iso8601("2026-11-22T19:05:51.156002Z"), t);
    EXPECT_EQ(parse_iso8601("2026-11-22 20:05:51.1560029+01:00"), t);
    EXPECT_EQ(parse_iso8601("2026-11-22T18:35-0030"), sys_days(2026y / November / 22) + 19h + 5min);
    EXPECT_EQ(parse_iso8601("2026-11-22"), sys_days(2026y / November / 22));
    EXPECT_EQ(iso8601(sys_days(1969y / December / 31) + 23h), "1969-12-31T23:00:00.000000Z");
    for (const auto* bad : {"", "2026", "2026-13-01", "2026-02-30", "2026-11-22T", "2026-11-22T24:00",
                            "2026-11-22T19:05:51.", "2026-11-22T19:05:51+1", "2026-11-22T19:05:51Zz", "x"})
        EXPECT_EQ(parse_iso8601(bad), std::nullopt) << bad;
}

TEST(TimeText, Durations) {
    for (const auto* text : {"300ms", "30s", "5m", "2h", "14d"}) {
        const auto d = parse_duration(text);
        ASSERT_TRUE(d) << text;
        EXPECT_EQ(to_text(*d), text);
    }
    EXPECT_EQ(parse_duration("90s"), duration(90s));
    EXPECT_EQ(to_text(90s), "90s");
    EXPECT_EQ(parse_duration("0s"), duration(0));
    EXPECT_EQ(to_text(0s), "0ms");
    for (const auto* bad :
         {"", "5", "s", "-1s", "1.5h", "5 m", "5w", "99999999999999999999s", "9223372036854775807d"}) {
        ASSERT_FALSE(parse_duration(bad)) << bad;
        EXPECT_EQ(parse_duration(bad).error().code, errc::invalid_argument);
    }
}

TEST(Result, CodesHaveNames) {
    for (int i = 0; i <= static_cast<int>(errc::internal); ++i)
        EXPECT_EQ(errc_from(to_string(static_cast<errc>(i))), static_cast<errc>(i));
    EXPECT_EQ(errc_from("nonsense"), std::nullopt);
}

TEST(WebAddress, HasAHost) {
    for (const auto* good : {"http://127.0.0.1:10101", "https://portal.example.org", "http://h/x?y=z", "http://[::1]:80/", "http://[::1]"})
        EXPECT_TRUE(is_web_address(good)) << good;
    for (const auto* bad : {"", "http://", "ftp://h", "http:///x", "http://h:0", "http://h:99999", "http://h:8x", "http://h:", "http://h/#x", "http://h/ x", "//h"})
        EXPECT_FALSE(is_web_address(bad)) << bad;
    EXPECT_TRUE(is_redirect_address("/services/x/callback") && is_redirect_address("https://h/cb?x=1"));
    EXPECT_FALSE(is_redirect_address("//h/cb") || is_redirect_address("/\\h") || is_redirect_address("cb") || is_redirect_address("/a b"));
    EXPECT_EQ(origin_of("http://h:80/x?y"), "http://h:80");
    EXPECT_EQ(origin_of("http://h?y"), "http://h");
    EXPECT_EQ(origin_of("/services/x"), "");
}

} // namespace
} // namespace berth
