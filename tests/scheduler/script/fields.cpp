// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/script/fields.hpp"

#include "scheduler/script/options.hpp"
#include "scheduler/script/units.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

using namespace berth;
using namespace berth::scheduler;
using nlohmann::json;
using testing::HasSubstr;

TEST(units, run_times) {
    const std::pair<const char*, long> good[] = {
        {"01:00:00", 3600}, {"00:00:30", 30}, {"100:00:00", 360000}, {"1-00:00:00", 86400}, {"2-12", 216000},
        {"1-01:30", 91800}, {"90m", 5400},    {"2h", 7200},          {"45s", 45},           {"3d", 259200}};
    for (const auto& [text, seconds] : good) {
        const auto read = parse_runtime(text);
        ASSERT_TRUE(read) << text;
        EXPECT_EQ(read->count(), seconds) << text;
        EXPECT_EQ(*parse_runtime(runtime_text(*read)), *read) << text;
    }
    for (const auto* text : {"",   "60",   "01:00", "1:2:3:4",  "-1:00:00",    "00:60:00", "00:00:60", "0h",
                             "1w", "h",    "1-24",  "367-00",   "9999999999h", " 1h",      "1h ",      "1-",
                             "-",  "1e3h", "+1h",   "00:00:00", "1.5h",        ":::"})
        EXPECT_FALSE(parse_runtime(text)) << text;
    EXPECT_FALSE(parse_runtime(std::string("1h\0", 3)));
    EXPECT_THAT(parse_runtime("60").error().message, HasSubstr("HH:MM:SS"));
}

TEST(units, memory) {
    const std::pair<const char*, std::int64_t> good[] = {
        {"2G", 2048}, {"512M", 512}, {"1T", 1 << 20}, {"2048", 2048}, {"1024K", 1},
        {"1K", 1},    {"2g", 2048},  {"2GB", 2048},   {"2GiB", 2048}, {"1537K", 2}};
    for (const auto& [text, mib] : good) {
        ASSERT_TRUE(parse_memory(text)) << text;
        EXPECT_EQ(*parse_memory(text), mib) << text;
    }
    for (const auto* text :
         {"", "G", "0", "-1G", "2X", "2GG", "1.5G", "999999999999T", "2 G", "B", "2B2", "iB"})
        EXPECT_FALSE(parse_memory(text)) << text;
}

TEST(units, words) {
    EXPECT_EQ(runtime_words(std::chrono::hours(1)), "1 hour");
    EXPECT_EQ(runtime_words(std::chrono::minutes(90)), "90 minutes");
    EXPECT_EQ(runtime_words(std::chrono::hours(48)), "2 days");
    EXPECT_EQ(memory_words(2048), "2 GB");
    EXPECT_EQ(memory_words(1536), "1.5 GB");
    EXPECT_EQ(memory_words(512), "512 MB");
}

TEST(units, shown_values_are_harmless) {
    EXPECT_EQ(shown("a\nb\"c"), "\"a\\x0ab\\\"c\"");
    EXPECT_EQ(shown("\xff"), "\"\\xff\"");
    EXPECT_LT(shown(std::string(100000, 'x')).size(), 100u);
    const auto cut = shown(std::string(79, 'x') + "äöü");
    EXPECT_NO_THROW((void)json(cut).dump()); // still UTF-8
}

TEST(set_field, reads_every_field) {
    job_fields f;
    const auto values =
        json::parse(R"({"partition":"debug","account":"proj-1","qos":"high","reservation":"r_1",
        "constraint":"[rack1*2&(a|b)]","gres":"gpu:a100:2","nodes":2,"nprocs":"4","cpus":8,"memory":"2G","runtime":"90m",
        "srun":"srun --mpi=none","options":["--exclusive","#SBATCH --licenses=x:1"],"prologue":"module load a\nset -e",
        "epilogue":"echo bye"})");
    for (const auto& [name, value] : values.items()) {
        const auto read = set_field(f, name, value);
        EXPECT_TRUE(read) << name << ": " << (read ? "" : read.error().message);
    }
    EXPECT_EQ(f.constraint, "[rack1*2&(a|b)]");
    EXPECT_EQ(f.nprocs, 4);
    EXPECT_EQ(f.memory_mib, 2048);
    EXPECT_EQ(f.runtime, std::chrono::seconds(5400));
    EXPECT_EQ(f.options, (std::vector<std::string>{"--exclusive", "--licenses=x:1"}));
}

TEST(set_field, refuses_hostile_values) {
    const std::string hostile[] = {"a b",
                                   "a\nb",
                                   "$(id)",
                                   "`id`",
                                   "a;b",
                                   "a'b",
                                   "a\"b",
                                   "-p",
                                   "",
                                   "a\\b",
                                   "a\x01",
                                   std::string("a\0b", 3),
                                   std::string(300, 'a'),
                                   "ä",
                                   "a>b",
                                   "a{b,c}",
                                   "a~",
                                   "a#"};
    for (const auto& field : all_fields()) {
        if (!field.users_may_choose()) continue;
        for (const auto& value : hostile) {
            if (value == "a>b" && field.kind == field_kind::expression) continue; // quoted where it is used
            job_fields f;
            const auto read = set_field(f, std::string(field.name), value);
            ASSERT_FALSE(read) << field.name << " took " << shown(value);
            EXPECT_EQ(read.error().code, errc::invalid_argument);
            EXPECT_THAT(read.error().message, HasSubstr(std::string(field.name)));
            EXPECT_EQ(read.error().message.find('\n'), std::string::npos);
            EXPECT_EQ(f, job_fields{});
        }
    }
}

TEST(set_field, refuses_wrong_types) {
    for (const auto& field : all_fields())
        for (const auto* text : {"null", "true", "{}", "[1]", "1.5", "-1", "[[\"a\"]]",
                                 "18446744073709551615", "-9223372036854775808", "{\"a\":\"\\u0000\"}"}) {
            job_fields f;
            EXPECT_FALSE(set_field(f, std::string(field.name), json::parse(text)))
                << field.name << " took " << text;
        }
    job_fields f;
    EXPECT_FALSE(set_field(f, "nodes", 0));
    EXPECT_FALSE(set_field(f, "nodes", "3 "));
    EXPECT_FALSE(set_field(f, "nodes", "0x3"));
    EXPECT_FALSE(set_field(f, "partitions", "debug"));
    EXPECT_FALSE(set_field(f, "options", json::array({"--a\n--b"})));
    EXPECT_FALSE(set_field(f, "options", "rm"));
    EXPECT_FALSE(set_field(f, "srun", "srun\nrm"));
}

TEST(overlay, later_values_win) {
    job_fields a, b;
    a.partition = "debug";
    a.nodes = 1;
    b.partition = "long";
    b.options = {"--exclusive"};
    overlay(a, b);
    EXPECT_EQ(a.partition, "long");
    EXPECT_EQ(a.nodes, 1);
    EXPECT_EQ(a.options.size(), 1u);
}
