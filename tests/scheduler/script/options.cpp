// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/script/options.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

using namespace berth;
using namespace berth::scheduler;
using nlohmann::json;
using testing::HasSubstr;

namespace {

choice make_choice(std::string field, choice_type type) {
    choice c;
    c.field = std::move(field);
    c.type = type;
    return c;
}

catalogue example() {
    catalogue c;
    c.clusters["hpc"].partition = "debug";
    c.clusters["hpc"].runtime = std::chrono::hours(1);
    profile small{"small", "Small", "", "hpc", {}, {}};
    small.set.nprocs = 1;
    small.set.memory_mib = 2048;
    auto runtime = make_choice("runtime", choice_type::duration);
    runtime.max = "04:00:00";
    runtime.initial = "00:30:00";
    auto partition = make_choice("partition", choice_type::select);
    partition.options = {"debug", "long"};
    auto cpus = make_choice("cpus", choice_type::integer);
    cpus.min = "2";
    cpus.max = "8";
    auto account = make_choice("account", choice_type::text);
    account.pattern = "proj-[0-9]+";
    auto gpu = make_choice("gres", choice_type::boolean);
    gpu.options = {"gpu:1"};
    small.choose = {runtime, partition, cpus, account, gpu};
    c.profiles = {small, {"large", "Large", "", "hpc", {}, {}}};
    return c;
}

std::string refusal(const json& options) {
    const auto r = resolve(example(), options);
    EXPECT_FALSE(r) << options.dump();
    if (r) return "";
    EXPECT_EQ(r.error().code, errc::invalid_argument);
    return r.error().message;
}

} // namespace

TEST(resolve, layers_defaults_profile_and_choices) {
    const auto r =
        resolve(example(), {{"profile", "small"}, {"partition", "long"}, {"cpus", "4"}, {"gres", "on"}});
    ASSERT_TRUE(r) << r.error().message;
    EXPECT_EQ(r->cluster, "hpc");
    EXPECT_EQ(r->profile, "small");
    EXPECT_EQ(r->fields.partition, "long");
    EXPECT_EQ(r->fields.cpus, 4);
    EXPECT_EQ(r->fields.memory_mib, 2048);
    EXPECT_EQ(r->fields.runtime, std::chrono::minutes(30)); // the choice's default
    EXPECT_EQ(r->fields.gres, "gpu:1");
    EXPECT_EQ(in_words(r->fields), "4 cores, 2 GB, gpu:1, 30 minutes, partition long");
}

TEST(resolve, refusals_name_key_value_and_what_is_allowed) {
    EXPECT_THAT(refusal(json::object()), HasSubstr("choose one of small, large"));
    EXPECT_THAT(refusal({{"profile", "huge"}}),
                HasSubstr("\"huge\" does not exist; choose one of small, large"));
    EXPECT_THAT(refusal({{"profile", 3}}), HasSubstr("profile"));
    const auto over = refusal({{"profile", "small"}, {"runtime", "05:00:00"}});
    EXPECT_THAT(over, HasSubstr("runtime"));
    EXPECT_THAT(over, HasSubstr("05:00:00"));
    EXPECT_THAT(over, HasSubstr("at most 04:00:00"));
    EXPECT_THAT(refusal({{"profile", "small"}, {"cpus", 1}}), HasSubstr("from 2 to 8"));
    EXPECT_THAT(refusal({{"profile", "small"}, {"cpus", 9}}), HasSubstr("from 2 to 8"));
    EXPECT_THAT(refusal({{"profile", "small"}, {"cpus", "many"}}), HasSubstr("from 2 to 8"));
    EXPECT_THAT(refusal({{"profile", "small"}, {"partition", "secret"}}), HasSubstr("one of debug, long"));
    EXPECT_THAT(refusal({{"profile", "small"}, {"account", "other"}}), HasSubstr("proj-[0-9]+"));
    EXPECT_THAT(refusal({{"profile", "small"}, {"gres", "maybe"}}), HasSubstr("true or false"));
    EXPECT_THAT(refusal({{"profile", "small"}, {"memory", "4G"}}),
                HasSubstr("lets you choose runtime, partition"));
    EXPECT_THAT(refusal({{"profile", "large"}, {"memory", "4G"}}), HasSubstr("nothing to choose"));
    EXPECT_THAT(refusal({{"profile", "small"}, {"prologue", "rm -rf ~"}}), HasSubstr("cannot be chosen"));
    EXPECT_THAT(refusal({{"profile", "small"}, {"a\nb", 1}}), HasSubstr("\\x0a"));
    EXPECT_THAT(refusal(json::array()), HasSubstr("JSON object"));
    EXPECT_THAT(refusal("small"), HasSubstr("JSON object"));
}

TEST(resolve, one_profile_needs_no_name) {
    auto c = example();
    c.profiles.pop_back();
    ASSERT_TRUE(resolve(c, nullptr));
    EXPECT_EQ(resolve(c, nullptr)->profile, "small");
}

TEST(resolve, without_profiles_takes_what_clients_send) {
    catalogue c;
    EXPECT_FALSE(resolve(c, {}));
    c.clusters["local"];
    const auto r = resolve(c, {{"profile", "x"}, {"anything", json::array()}});
    ASSERT_TRUE(r);
    EXPECT_EQ(r->cluster, "local");
    EXPECT_EQ(r->profile, "");
    EXPECT_EQ(r->fields, job_fields{});
}

TEST(form, means_the_same_as_the_api) {
    using form = std::vector<std::pair<std::string, std::string>>;
    const auto c = example();
    EXPECT_EQ(options_from_form(c, form{{"_xsrf", "x"},
                                        {"next", "/"},
                                        {"profile", "small"},
                                        {"small.runtime", "02:00:00"},
                                        {"large.runtime", "09:00:00"},
                                        {"cpus", ""},
                                        {"small.gres", "on"}}),
              json::parse(R"({"profile":"small","runtime":"02:00:00","gres":"on"})"));
    // A box that is not checked is not sent; fields of another profile are not taken.
    EXPECT_EQ(options_from_form(c, form{{"profile", "small"}, {"large.cpus", "3"}}),
              json::parse(R"({"profile":"small","gres":false})"));
    // What is not offered goes on to resolve, which refuses it.
    EXPECT_FALSE(resolve(c, options_from_form(c, form{{"profile", "small"}, {"memory", "900G"}})));
    EXPECT_EQ(options_from_form({}, form{{"_xsrf", "x"}, {"a", "b"}, {"c", ""}}),
              json::parse(R"({"a":"b"})"));
}

TEST(profiles, that_make_no_sense_are_told) {
    auto c = example();
    for (const auto& p : c.profiles) EXPECT_TRUE(check_profile(c, p)) << check_profile(c, p).error().message;
    const auto broken = [&](auto change) {
        auto copy = c;
        change(copy.profiles[0]);
        const auto r = check_profile(copy, copy.profiles[0]);
        EXPECT_FALSE(r);
        return r ? std::string() : r.error().message;
    };
    EXPECT_THAT(broken([](profile& p) { p.cluster = "x"; }), HasSubstr("no cluster \"x\""));
    EXPECT_THAT(broken([](profile& p) { p.name = "large"; }), HasSubstr("twice"));
    EXPECT_THAT(broken([](profile& p) { p.choose[0].initial = "09:00:00"; }),
                HasSubstr("default of runtime"));
    EXPECT_THAT(broken([](profile& p) { p.choose[0].max = "soon"; }), HasSubstr("soon"));
    EXPECT_THAT(broken([](profile& p) { p.choose[1].options.clear(); }), HasSubstr("options are missing"));
    EXPECT_THAT(broken([](profile& p) { p.choose[1].options = {"a b"}; }), HasSubstr("a b"));
    EXPECT_THAT(broken([](profile& p) { p.choose[2].min = "9"; }), HasSubstr("min 9 is more than max 8"));
    EXPECT_THAT(broken([](profile& p) { p.choose[3].pattern = "("; }), HasSubstr("pattern"));
    EXPECT_THAT(broken([](profile& p) { p.choose[3].field = "prologue"; }),
                HasSubstr("not a field that users may choose"));
    EXPECT_THAT(broken([](profile& p) { p.choose[2].type = choice_type::memory; }),
                HasSubstr("type does not fit"));
    EXPECT_THAT(broken([](profile& p) { p.choose.push_back(p.choose[0]); }), HasSubstr("offered twice"));
}
