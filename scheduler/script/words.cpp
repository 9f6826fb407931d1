// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/script/options.hpp"
#include "scheduler/script/units.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace berth::scheduler {

std::string in_words(const job_fields& f) {
    std::vector<std::string> parts;
    const auto counted = [&](long n, std::string_view unit) {
        parts.push_back(fmt::format("{} {}{}", n, unit, n == 1 ? "" : "s"));
    };
    const auto text = [&](std::string_view label, const std::optional<std::string>& value) {
        if (value) parts.push_back(fmt::format("{} {}", label, *value));
    };
    if (f.nodes && *f.nodes > 1) counted(*f.nodes, "node");
    if (f.nprocs || f.cpus) counted(static_cast<long>(f.nprocs.value_or(1)) * f.cpus.value_or(1), "core");
    if (f.memory_mib)
        parts.push_back(memory_words(*f.memory_mib) + (f.nodes.value_or(1) > 1 ? " per node" : ""));
    if (f.gres) parts.push_back(*f.gres);
    if (f.runtime) parts.push_back(runtime_words(*f.runtime));
    text("partition", f.partition);
    text("account", f.account);
    text("QOS", f.qos);
    text("reservation", f.reservation);
    text("on", f.constraint);
    return fmt::format("{}", fmt::join(parts, ", "));
}

} // namespace berth::scheduler
