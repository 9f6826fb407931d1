// SPDX-License-Identifier: BSD-3-Clause
// Job scripts: seven values (a line each, %XX decoded), then a template, or nothing for the built-in one. A
// value never leaves its word, whatever stands in it: with other values the script has the same structure.
#include "scheduler/script/quoting.hpp"
#include "scheduler/script/template.hpp"
#include "tests/fuzz/shell_structure.hpp"
#include "tests/fuzz/support.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace {

using namespace berth::scheduler;
using berth::fuzz::check;

// Written where a template of a site would name its values.
constexpr std::string_view site_template = R"(#!/bin/bash -l
# for {{user}}, {{job_name}}
#SBATCH --chdir={{work_dir}}
echo "to {{partition}} as {{user}} of {{account}}" {{partition}}{{account}} >{{log_file}}
if [ {{user}} = "{{user}}" ]; then
cd {{work_dir}} && PATH={{path}}:"$PATH"
fi
{{environment}}
{{launch}}
)";

job_spec spec_of(const std::array<std::string, 7>& v) {
    job_spec s;
    s.job_name = v[0];
    s.user = v[1];
    s.command = {"jupyterhub-singleuser", v[2]};
    s.environment = {{"PATH", v[3]}, {"JUPYTERHUB_X", v[4]}};
    s.fields.partition = v[5];
    s.fields.account = v[6];
    return s;
}

script_settings settings_of(const std::array<std::string, 7>& v) {
    script_settings s;
    s.export_environment = s.directives = true;
    s.work_dir = v[0];
    s.log_file = v[1];
    return s;
}

void check_script(const job_template& t, const std::array<std::string, 7>& values) {
    const std::array<std::string, 7> plain{"x", "x", "x", "x", "x", "x", "x"};
    const auto expected = render(t, spec_of(plain), settings_of(plain));
    const bool good = check_template(t).has_value();
    check(expected.has_value() == good, "a template that was taken can be rendered");
    const auto script = render(t, spec_of(values), settings_of(values));
    if (!script || !good) return;
    check(berth::fuzz::shell_structure(*script) == berth::fuzz::shell_structure(*expected),
          "a value stays within its word");
}

} // namespace

void fuzz(std::string_view bytes) {
    berth::fuzz::lines in(bytes);
    std::array<std::string, 7> values;
    for (auto& v : values) {
        v = in.decoded();
        check(berth::fuzz::shell_value(shell_quote(v)) == v.substr(0, v.find('\0')),
              "a quoted value means itself");
        v.resize(std::min(v.find('\0'), v.size())); // refused or never let in
        if (v.empty()) v = "x";                     // sections depend on it
    }
    check_script(builtin_template(), values);
    check_script({"site", std::string(site_template)}, values);
    check_script({"given", std::string(in.rest())}, values);
}
