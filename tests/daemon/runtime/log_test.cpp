// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/secret.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace berth {
namespace {

static_assert(!std::is_constructible_v<log_field, std::string_view, secret>);

std::string logged(log_format format, const std::function<void(logger&)>& write) {
    testing::internal::CaptureStderr();
    write(*make_stderr_logger(log_level::info, format));
    return testing::internal::GetCapturedStderr();
}

TEST(Log, TextQuotesWhatWouldBreakALine) {
    const auto out = logged(log_format::text, [](logger& l) {
        l.debug("not.shown");
        l.info("spawn.submitted",
               {{"user", "al"}, {"job", 12}, {"reason", "a \"b\"\nc"}, {"none", ""}, {"ok", true}});
    });
    EXPECT_THAT(
        out,
        testing::MatchesRegex(
            "[0-9T:.-]+Z info spawn.submitted user=al job=12 reason=\"a .\"b.\".nc\" none=\"\" ok=true\n"));
}

TEST(Log, JsonIsOneObjectALine) {
    const auto out = logged(log_format::json, [](logger& l) {
        l.error("x.y", {{"n", 3}, {"s", "3"}, {"bad", "\xff\n"}, {"time", "t"}});
    });
    EXPECT_EQ(std::ranges::count(out, '\n'), 1);
    const auto j = nlohmann::json::parse(out);
    EXPECT_EQ(j["level"], "error");
    EXPECT_EQ(j["event"], "x.y");
    EXPECT_EQ(j["n"], 3);
    EXPECT_EQ(j["s"], "3");
}

} // namespace
} // namespace berth
