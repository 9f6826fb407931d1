// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/agent/job_request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>

namespace berth::slurm_agent {
namespace {

using value_setter = bool (*)(job_request&, const std::string&); // false: the value is not one

struct option {
    std::string_view name;
    char letter; // 0: none
    bool takes_value;
    value_setter set;
};

std::optional<std::uint32_t> number(const std::string& text) {
    std::uint32_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return n;
}

// "512", "2G": MiB.
std::optional<std::uint64_t> mebibytes(std::string text) {
    if (text.empty()) return std::nullopt;
    int shift = 0;
    switch (text.back() | 0x20) {
    case 'm': text.pop_back(); break;
    case 'g': shift = 10, text.pop_back(); break;
    case 't': shift = 20, text.pop_back(); break;
    default: break;
    }
    const auto n = number(text);
    return n ? std::optional(static_cast<std::uint64_t>(*n) << shift) : std::nullopt;
}

template<char* job_desc_msg_t::* member>
bool set_text(job_request& r, const std::string& value) {
    r.get()->*member = r.keep(value);
    return !value.empty();
}

template<auto member>
bool set_number(job_request& r, const std::string& value) {
    const auto n = number(value);
    if (n) r.get()->*member = static_cast<std::remove_reference_t<decltype(r.get()->*member)>>(*n);
    return n.has_value();
}

template<char* job_desc_msg_t::* member>
bool set_gpus(job_request& r, const std::string& value) {
    r.get()->*member = r.keep("gres:gpu:" + value);
    return !value.empty();
}

bool set_exclusive(job_request& r, const std::string& value) {
    r.get()->shared = value == "user" ? JOB_SHARED_USER : JOB_SHARED_NONE;
    return value.empty() || value == "user";
}

bool set_oversubscribe(job_request& r, const std::string&) {
    r.get()->shared = JOB_SHARED_OK;
    return true;
}

bool set_contiguous(job_request& r, const std::string&) {
    r.get()->contiguous = 1;
    return true;
}

bool set_memory_per_cpu(job_request& r, const std::string& value) {
    const auto n = mebibytes(value);
    if (n) r.get()->pn_min_memory = *n | MEM_PER_CPU;
    return n.has_value();
}

bool set_tmp(job_request& r, const std::string& value) {
    const auto n = mebibytes(value);
    if (n) r.get()->pn_min_tmp_disk = static_cast<std::uint32_t>(*n);
    return n.has_value();
}

bool set_hint(job_request& r, const std::string& value) {
    r.get()->threads_per_core = 1;
    return value == "nomultithread";
}

bool set_nice(job_request& r, const std::string& value) {
    const auto n = number(value.empty() ? "100" : value);
    if (n) r.get()->nice = NICE_OFFSET + *n;
    return n.has_value();
}

bool set_gres(job_request& r, const std::string& value) {
    r.get()->tres_per_node = r.keep(gres_list(value));
    return !value.empty();
}

using d = job_desc_msg_t;
constexpr std::array table{
    option{"exclusive", 0, false, set_exclusive},
    option{"oversubscribe", 's', false, set_oversubscribe},
    option{"contiguous", 0, false, set_contiguous},
    option{"nodelist", 'w', true, set_text<&d::req_nodes>},
    option{"exclude", 'x', true, set_text<&d::exc_nodes>},
    option{"licenses", 'L', true, set_text<&d::licenses>},
    option{"constraint", 'C', true, set_text<&d::features>},
    option{"prefer", 0, true, set_text<&d::prefer>},
    option{"reservation", 0, true, set_text<&d::reservation>},
    option{"dependency", 'd', true, set_text<&d::dependency>},
    option{"network", 0, true, set_text<&d::network>},
    option{"comment", 0, true, set_text<&d::comment>},
    option{"wckey", 0, true, set_text<&d::wckey>},
    option{"gres", 0, true, set_gres},
    option{"gpus", 'G', true, set_gpus<&d::tres_per_job>},
    option{"gpus-per-node", 0, true, set_gpus<&d::tres_per_node>},
    option{"gpus-per-task", 0, true, set_gpus<&d::tres_per_task>},
    option{"cpus-per-gpu", 0, true, set_gpus<&d::cpus_per_tres>},
    option{"mem-per-gpu", 0, true, set_gpus<&d::mem_per_tres>},
    option{"mem-per-cpu", 0, true, set_memory_per_cpu},
    option{"tmp", 0, true, set_tmp},
    option{"ntasks-per-node", 0, true, set_number<&d::ntasks_per_node>},
    option{"ntasks-per-socket", 0, true, set_number<&d::ntasks_per_socket>},
    option{"threads-per-core", 0, true, set_number<&d::threads_per_core>},
    option{"sockets-per-node", 0, true, set_number<&d::sockets_per_node>},
    option{"cores-per-socket", 0, true, set_number<&d::cores_per_socket>},
    option{"hint", 0, true, set_hint},
    option{"nice", 0, false, set_nice},
};

std::unexpected<failure> refuse(const std::string& given, std::string_view why) {
    std::vector<std::string> names;
    for (const auto& o : table) names.push_back("--" + std::string(o.name));
    return fail(errc::invalid_argument,
                fmt::format("options: \"{}\" {}; known are {}", given, why, fmt::join(names, ", ")));
}

struct written {
    std::string name, value;
    bool has_value = false;
};

// "--name=value", "--name value", "-nvalue", "-n value".
written take_apart(const std::string& text) {
    const bool is_long = text.starts_with("--");
    if (text.size() < 2 || text.front() != '-') return {};
    const auto name_end = is_long ? text.find_first_of("= ") : std::min<std::size_t>(2, text.size());
    written out;
    out.name =
        text.substr(is_long ? 2 : 1, name_end == std::string::npos ? name_end : name_end - (is_long ? 2 : 1));
    if (name_end >= text.size()) return out;
    const auto value_at = text.find_first_not_of("= ", name_end);
    if (value_at == std::string::npos) return out;
    out.has_value = true;
    out.value = text.substr(value_at);
    if (out.value.size() >= 2 && out.value.front() == '"' && out.value.back() == '"')
        out.value = out.value.substr(1, out.value.size() - 2);
    return out;
}

} // namespace

result<void> apply_option(job_request& r, const std::string& text) {
    const auto w = take_apart(text);
    const auto found = std::ranges::find_if(table, [&](const option& o) {
        return text.starts_with("--") ? o.name == w.name
                                      : w.name.size() == 1 && o.letter == w.name[0] && o.letter;
    });
    if (found == table.end()) return refuse(text, "is not an option that Berth passes to Slurm");
    if (found->takes_value && !w.has_value) return refuse(text, "lacks its value");
    if (!found->set(r, w.value)) return refuse(text, "has a value that is not one");
    return {};
}

} // namespace berth::slurm_agent
