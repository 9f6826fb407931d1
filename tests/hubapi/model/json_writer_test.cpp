// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/json_writer.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace berth::hub {
namespace {

TEST(json_writer, puts_commas_where_they_belong) {
    std::string out;
    json_writer w(out);
    w.open('{').key("a").number(-1).key("b").open('[').text("x").null().open('{').close('}').close(']');
    w.key("c").boolean(true).key("d").text_or_null("").key("e").raw("{\"z\":1}").close('}');
    EXPECT_EQ(out, R"({"a":-1,"b":["x",null,{}],"c":true,"d":null,"e":{"z":1}})");
}

TEST(json_writer, whatever_the_text_the_result_is_json) {
    const std::string texts[] = {"plain", "\"\\/\b\f\n\r\t", std::string("\0\x01\x1f\x7f", 4), "caf\xc3\xa9 \xf0\x9f\x9a\xa2",
                                 "\xff\xfe", "ok \xc3", "\xed\xa0\x80", "</script><!--", "\xe2\x80\xa8"};
    for (const auto& text : texts) {
        std::string out;
        json_writer(out).open('[').text(text).close(']');
        const auto back = nlohmann::json::parse(out, nullptr, false);
        ASSERT_FALSE(back.is_discarded()) << out;
        if (text.find('\xff') == std::string::npos && !text.ends_with('\xc3') && !text.starts_with("\xed")) {
            EXPECT_EQ(back[0].get<std::string>(), text);
        } else {
            EXPECT_NE(back[0].get<std::string>().find("\xEF\xBF\xBD"), std::string::npos);
        }
    }
}

} // namespace
} // namespace berth::hub
