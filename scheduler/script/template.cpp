// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/script/template.hpp"

#include "scheduler/script/builtin.hpp"
#include "scheduler/script/fields.hpp"
#include "scheduler/script/launch.hpp"
#include "scheduler/script/quoting.hpp"
#include "scheduler/script/units.hpp"

#include <fmt/format.h>
#include <kainjow/mustache.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

namespace berth::scheduler {
namespace {

namespace mustache = kainjow::mustache;

bool variable_name(std::string_view name) {
    if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
    return std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
}

result<void> check_spec(const job_spec& spec) {
    const auto nul = [](const std::string& text) { return text.find('\0') != std::string::npos; };
    if (spec.command.empty() || spec.command.front().empty())
        return fail(errc::invalid_argument, "the cluster's cmd is empty");
    if (nul(spec.user) || nul(spec.job_name) || std::ranges::any_of(spec.command, nul))
        return fail(errc::invalid_argument, "a job script cannot hold NUL");
    for (const auto& [name, value] : spec.environment) {
        if (!variable_name(name))
            return fail(errc::invalid_argument, shown(name) + " is not the name of an environment variable");
        if (nul(value))
            return fail(errc::invalid_argument, "the environment variable " + name + " holds NUL");
    }
    return {};
}

std::string export_lines(const job_spec& spec) {
    std::string out;
    for (const auto& [name, value] : spec.environment)
        out += fmt::format("export {}={}\n", name, shell_quote(value));
    if (!out.empty()) out.pop_back();
    return out;
}

std::string flag_of(std::string_view field) {
    if (field == "nprocs") return "ntasks";
    if (field == "cpus") return "cpus-per-task";
    if (field == "memory") return "mem";
    if (field == "runtime") return "time";
    return std::string(field);
}

mustache::data directives(const job_spec& spec, const script_settings& s) {
    mustache::data list{mustache::data::type::list};
    const auto add = [&](std::string_view flag, std::string_view value) {
        list << fmt::format("--{}={}", flag, shell_quote(value));
    };
    if (!spec.job_name.empty()) add("job-name", spec.job_name);
    for (const auto& f : all_fields())
        if (const auto text = field_text(spec.fields, f); text && f.users_may_choose())
            add(flag_of(f.name), *text);
    if (!s.work_dir.empty()) add("chdir", s.work_dir);
    if (!s.log_file.empty()) add("output", s.log_file);
    return list;
}

// The values as the template sees them: quoted here, before Mustache.
mustache::data view_of(const job_spec& spec, const script_settings& s) {
    mustache::data view{mustache::data::type::object};
    const auto quoted = [&](const std::string& name, const std::string& value) {
        if (!value.empty()) view.set(name, shell_quote(value));
    };
    quoted("job_name", spec.job_name);
    quoted("user", spec.user);
    quoted("work_dir", s.work_dir);
    quoted("log_file", s.log_file);
    quoted("ports", fmt::format("{}-{}", s.port_low, s.port_high));
    for (const auto& f : all_fields())
        if (const auto text = field_text(spec.fields, f); text && f.users_may_choose())
            quoted(std::string(f.name), *text);
    if (const auto path = spec.environment.find("PATH"); path != spec.environment.end())
        quoted("path", path->second);
    view.set("cmd", shell_words(spec.command));
    view.set("launch", launch_block(spec, s));
    if (spec.fields.srun && !spec.fields.srun->empty()) view.set("srun", *spec.fields.srun);
    if (spec.fields.prologue) view.set("prologue", *spec.fields.prologue);
    if (spec.fields.epilogue) view.set("epilogue", *spec.fields.epilogue);
    if (s.export_environment && !spec.environment.empty()) view.set("environment", export_lines(spec));
    mustache::data options{mustache::data::type::list};
    for (const auto& line : spec.fields.options) options << line;
    view.set("options", options);
    if (s.directives) view.set("directives", directives(spec, s));
    return view;
}

} // namespace

job_template builtin_template() { return {"the built-in script", std::string(builtin_script)}; }

result<job_template> load_template(const std::string& path) {
    if (path.empty()) return builtin_template();
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(errc::io_error, "cannot read the script " + path);
    job_template t{path, std::string(std::istreambuf_iterator<char>(file), {})};
    if (file.bad()) return fail(errc::io_error, "cannot read the script " + path);
    if (const auto good = check_template(t); !good) return fail(good.error());
    return t;
}

result<std::string> render(const job_template& t, const job_spec& spec, const script_settings& settings) {
    if (const auto good = check_spec(spec); !good) return fail(good.error());
    if (const auto good = check_template(t); !good) return fail(good.error());
    mustache::mustache engine(t.text);
    engine.set_custom_escape([](const std::string& quoted_already) { return quoted_already; });
    const auto script = engine.render(view_of(spec, settings));
    if (!engine.is_valid()) return fail(errc::invalid_argument, t.name + ": " + engine.error_message());
    return script;
}

result<script_settings> parse_port_range(const std::string& text, script_settings into) {
    if (text.empty() || text == "0") return into;
    const char* const end = text.data() + text.size();
    const auto low = std::from_chars(text.data(), end, into.port_low);
    if (low.ec == std::errc() && low.ptr != end && *low.ptr == '-') {
        const auto high = std::from_chars(low.ptr + 1, end, into.port_high);
        if (high.ec == std::errc() && high.ptr == end && into.port_low >= 1024 && into.port_high <= 65535 &&
            into.port_low <= into.port_high)
            return into;
    }
    return fail(errc::invalid_argument,
                shown(text) +
                    " is not a range of ports; write \"0\" for any or \"30000-40000\" (1024 to 65535)");
}

} // namespace berth::scheduler
