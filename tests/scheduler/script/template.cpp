// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/script/template.hpp"

#include "scheduler/script/quoting.hpp"

#include <gmock/gmock.h>

using namespace berth;
using namespace berth::scheduler;
using testing::HasSubstr;

namespace {

job_spec example() {
    job_spec s;
    s.job_name = "berth-x-1";
    s.user = "al";
    s.command = {"jupyterhub-singleuser", "--a b"};
    s.fields.partition = "debug";
    return s;
}

std::string told(const std::string& text) {
    const auto r = check_template({"my.sh", text});
    return r ? "" : r.error().message;
}

} // namespace

TEST(quoting, words) {
    EXPECT_EQ(shell_quote("plain-1.0/x"), "plain-1.0/x");
    EXPECT_EQ(shell_quote(""), "''");
    EXPECT_EQ(shell_quote("$(id)"), "\\$\\(id\\)");
    EXPECT_EQ(shell_quote("a\nb").find('\n'), std::string::npos);
    EXPECT_EQ(shell_quote("a'b\"c`d"), "a\\'b\\\"c\\`d");
}

TEST(template_check, names_file_line_and_reason) {
    EXPECT_EQ(told("#!/bin/bash\n{{#prologue}}\n{{prologue}}\n{{/prologue}}\n{{! a note }}\n{{launch}}\n"),
              "");
    EXPECT_EQ(told(builtin_template().text), "");
    EXPECT_THAT(told("#!/bin/sh\n\n{{partion}}\n"),
                HasSubstr("my.sh, line 3: there is no \"partion\"; names are job_name"));
    EXPECT_THAT(told("#!/bin/sh\n{{{partition}}}\n"), HasSubstr("line 2: there is no raw form"));
    EXPECT_THAT(told("#!/bin/sh\n{{&partition}}\n"), HasSubstr("no raw form"));
    EXPECT_THAT(told("#!/bin/sh\n{{> other}}\n"), HasSubstr("partials"));
    EXPECT_THAT(told("#!/bin/sh\n{{=<% %>=}}\n"), HasSubstr("delimiters"));
    EXPECT_THAT(told("#!/bin/sh\n{{partition\n"), HasSubstr("line 2: a tag is not closed"));
    EXPECT_THAT(told("#!/bin/sh\n{{#partition}}\n"),
                HasSubstr("line 2: the section \"partition\" is not closed"));
    EXPECT_THAT(told("#!/bin/sh\n{{/partition}}\n"), HasSubstr("closes no open section"));
    EXPECT_THAT(told("#!/bin/sh\n{{#partition}}{{/account}}\n"), HasSubstr("closes no open section"));
    EXPECT_THAT(told("#!/bin/sh\necho '{{partition}}'\n"),
                HasSubstr("line 2: {{partition}} is quoted already"));
    EXPECT_EQ(told("#!/bin/sh\necho \"it's {{partition}}\" # don't\n"), "");
    for (const char* escaped : {"\\{{partition}}", "\\\\\\{{partition}}",
                                "\\{{#partition}}{{.}}{{/partition}}", "\\{{! why}}{{partition}}"})
        EXPECT_THAT(told(std::string("#!/bin/sh\necho ") + escaped + "\n"),
                    HasSubstr("line 2: a backslash stands before"));
    EXPECT_EQ(told("#!/bin/sh\necho \\\\{{partition}}\n"), ""); // a backslash itself, then the value
    EXPECT_THAT(told("echo\n"), HasSubstr("begins with #!"));
    EXPECT_THAT(told("#!/bin/sh\r\n"), HasSubstr("Unix line ends"));
    EXPECT_THAT(told("#!/bin/sh\n{{"), HasSubstr("not closed"));
    EXPECT_THAT(told("#!/bin/sh\n{{}}"), HasSubstr("there is no \"\""));
}

TEST(template_render, inserts_quoted_values_and_the_administrators_own_text) {
    auto spec = example();
    spec.fields.options = {"--exclusive"};
    spec.fields.prologue = "module load \"a\" && x=$(date)";
    const auto script = render(builtin_template(), spec, {});
    ASSERT_TRUE(script) << script.error().message;
    EXPECT_THAT(*script, HasSubstr("#SBATCH --exclusive\n"));
    EXPECT_THAT(*script, HasSubstr("\nmodule load \"a\" && x=$(date)\n"));
    EXPECT_THAT(*script, HasSubstr("jupyterhub-singleuser --a\\ b || berth_status=$?"));
    EXPECT_TRUE(script->starts_with("#!/bin/bash"));
}

TEST(template_render, keeps_the_environment_out_unless_asked) {
    auto spec = example();
    spec.environment = {
        {"JUPYTERHUB_API_TOKEN", "s3cret"}, {"SCOPES", R"(["a!b=c/", "d"])"}, {"LINES", "a\nb"}};
    EXPECT_EQ(render(builtin_template(), spec, {})->find("s3cret"), std::string::npos);
    script_settings settings;
    settings.export_environment = true;
    const auto script = render(builtin_template(), spec, settings);
    EXPECT_THAT(*script, HasSubstr("export JUPYTERHUB_API_TOKEN=s3cret\n"));
    EXPECT_THAT(*script, HasSubstr("export LINES=a$'\\012'b\n"));
}

TEST(template_render, writes_directives_where_the_scheduler_needs_them) {
    auto spec = example();
    spec.fields.runtime = std::chrono::hours(25);
    spec.fields.memory_mib = 1536;
    spec.fields.nprocs = 2;
    script_settings settings;
    settings.directives = true;
    settings.log_file = "/home/al/a b.log";
    const auto script = render(builtin_template(), spec, settings);
    for (const auto* line :
         {"#SBATCH --job-name=berth-x-1\n", "#SBATCH --partition=debug\n", "#SBATCH --ntasks=2\n",
          "#SBATCH --mem=1536M\n", "#SBATCH --time=1-01:00:00\n", "#SBATCH --output=/home/al/a\\ b.log\n"})
        EXPECT_THAT(*script, HasSubstr(line));
}

TEST(template_render, refuses_what_a_script_cannot_carry) {
    auto spec = example();
    spec.environment = {{"A B", "x"}};
    EXPECT_FALSE(render(builtin_template(), spec, {}));
    spec.environment = {{"A", std::string("x\0y", 3)}};
    EXPECT_FALSE(render(builtin_template(), spec, {}));
    spec.environment.clear();
    spec.command.clear();
    EXPECT_FALSE(render(builtin_template(), spec, {}));
    EXPECT_EQ(load_template("/nonexistent/x").error().code, errc::io_error);
    EXPECT_TRUE(load_template(""));
}

TEST(port_range, reads) {
    EXPECT_EQ(parse_port_range("0")->port_high, 0);
    EXPECT_EQ(parse_port_range("30000-40000")->port_low, 30000);
    EXPECT_EQ(parse_port_range("30000-40000")->port_high, 40000);
    for (const auto* text :
         {"1", "5-4", "40000-30000", "80-90", "30000-70000", "a-b", "30000-40000x", "-", "30000-"})
        EXPECT_FALSE(parse_port_range(text)) << text;
}
