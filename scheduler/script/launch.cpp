// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/script/launch.hpp"

#include "scheduler/script/builtin.hpp"
#include "scheduler/script/quoting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace berth::scheduler {
namespace {

constexpr int logs_kept = 50;

bool reports_itself(const job_spec& spec) {
    const auto& program = spec.command.front();
    return program.substr(program.rfind('/') + 1) == "batchspawner-singleuser";
}

// One task that may use every core of the job on its node; srun would otherwise start a server per task.
std::string launcher_words(const job_fields& f) {
    const auto given = f.srun.value_or("");
    if (given == "srun") return "srun --nodes=1 --ntasks=1 --cpus-per-task=\"${SLURM_CPUS_ON_NODE:-1}\" ";
    return given.empty() ? "" : given + " ";
}

std::string forget_old_logs(const script_settings& settings) {
    if (settings.old_logs.empty()) return "";
    return fmt::format("ls -1t -- {}*.log 2>/dev/null | tail -n +{} |\n"
                       "  while IFS= read -r berth_old; do rm -f -- \"$berth_old\"; done\n",
                       settings.old_logs, logs_kept + 1);
}

} // namespace

std::string launch_block(const job_spec& spec, const script_settings& settings) {
    const bool wrapped = reports_itself(spec);
    const auto needed =
        std::span(spec.command).first(wrapped ? std::min<std::size_t>(2, spec.command.size()) : 1);
    std::string out = "berth_status=0\n" + forget_old_logs(settings);
    // bash takes note of the signal and goes on when the server has ended, so that the epilogue is reached.
    if (spec.fields.epilogue) out += "trap : TERM\n";
    out += fmt::format("for berth_program in {}; do\n"
                       "  command -v -- \"$berth_program\" >/dev/null 2>&1 && continue\n"
                       "  echo \"berth: $berth_program: command not found on $(uname -n) (PATH=$PATH)\" >&2\n"
                       "  berth_status=127\n"
                       "done\n",
                       shell_words(needed));
    const auto start = launcher_words(spec.fields) + shell_words(spec.command);
    if (wrapped) return out + fmt::format("[ \"$berth_status\" != 0 ] || {} || berth_status=$?", start);
    out += launcher_functions;
    out += fmt::format("if [ \"$berth_status\" = 0 ]; then\n"
                       "  if ! berth_port=$(berth_choose_port {} {}); then\n"
                       "    echo \"berth: no free port on $(uname -n)\" >&2\n"
                       "    berth_status=1\n"
                       "  elif ! berth_tell_hub \"$berth_port\"; then\n"
                       "    berth_status=1\n"
                       "  else\n"
                       "    berth_listen_on \"$berth_port\"\n"
                       "    {} || berth_status=$?\n"
                       "  fi\n"
                       "fi",
                       settings.port_low, settings.port_high, start);
    return out;
}

} // namespace berth::scheduler
