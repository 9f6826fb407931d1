// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/failure_text.hpp"

#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/time_text.hpp"
#include "scheduler/spawner/reason_text.hpp"

#include <fmt/format.h>

#include <array>
#include <csignal>
#include <string.h>

namespace berth::scheduler {
namespace {

struct known_state {
    std::string_view state, sentence;
};
// Slurm's final states (squeue(1), JOB STATE CODES) that say more than an exit code does.
constexpr std::array<known_state, 9> known_states = {{
    {"OUT_OF_MEMORY", "Out of memory"},
    {"CANCELLED", "The job was cancelled from outside (scancel)"},
    {"NODE_FAIL", "The node failed"},
    {"BOOT_FAIL", "The node did not boot"},
    {"PREEMPTED", "The job had to make room for another one (preempted)"},
    {"DEADLINE", "The job's deadline passed"},
    {"REVOKED", "The job was revoked by another cluster"},
    {"SPECIAL_EXIT", "The job ended and was held (special exit)"},
    {"LOST", "The process disappeared without a trace"},
}};

// Slurm's "signal" of a job whose folder or output it could not open; by way of accounting there is no word beside it.
constexpr int slurm_cannot_open = 53;

std::string signal_text(int number) {
    const char* name = sigabbrev_np(number);
    return name ? fmt::format("signal {} (SIG{})", number, name) : fmt::format("signal {}", number);
}

std::string when(const ending& e) {
    return e.was_ready ? "while the server was running" : "before the server answered";
}

std::string exit_text(const ending& e) {
    const auto& job = *e.job;
    if (job.signal && *job.signal != 0)
        return fmt::format("Ended by {} {}", signal_text(*job.signal), when(e));
    if (!job.exit_code) return fmt::format("The job ended {}", when(e));
    std::string_view hint = *job.exit_code == 127   ? ": a command was not found"
                            : *job.exit_code == 126 ? ": a command could not be run"
                                                    : "";
    return fmt::format("Exit code {} {}{}", *job.exit_code, when(e), hint);
}

std::string over_text(const ending& e) {
    if (!e.job) return fmt::format("The job ended {}", when(e));
    const auto& job = *e.job;
    if (job.state == "TIMEOUT") {
        if (job.started && job.ended && *job.ended > *job.started)
            return "Time limit reached after " + clock_text(*job.ended - *job.started);
        return "Time limit reached";
    }
    if (job.reason == "JobLaunchFailure" || (job.state == "FAILED" && job.signal == slurm_cannot_open))
        return "The job could not be started on its node: its folder or its log could not be opened there";
    for (const auto& k : known_states)
        if (job.state == k.state)
            return std::string(k.sentence) +
                   (k.state == "NODE_FAIL" && !job.node.empty() ? ": " + job.node : "");
    return exit_text(e);
}

std::string launch_timeout_text(const ending& e) {
    const std::string node = e.job && !e.job->node.empty() ? " on " + e.job->node : "";
    if (e.port == 0)
        return fmt::format("The job ran{} for {} without the server telling where it listens", node,
                           clock_text(e.limit));
    return fmt::format("The server{} did not answer at {}:{} within {}{}", node, e.host, e.port,
                       clock_text(e.limit), e.words.empty() ? "" : ": " + e.words);
}

std::string core(const ending& e) {
    switch (e.cause) {
    case ending_cause::not_prepared: return e.words.empty() ? "The start could not be prepared" : e.words;
    case ending_cause::refused:
        return "The scheduler refused the job: " + (e.words.empty() ? "no reason given" : e.words);
    case ending_cause::stuck:
        return fmt::format("The job would never start: {}",
                           e.job && !e.job->reason.empty() ? reason_text(e.job->reason) : "no reason given");
    case ending_cause::queue_timeout:
        if (!e.submitted)
            return fmt::format("The cluster did not take the job within {}", clock_text(e.limit));
        return fmt::format("The job waited in the queue for longer than {}{}", clock_text(e.limit),
                           e.job && !e.job->reason.empty() ? ": " + reason_text(e.job->reason) : "");
    case ending_cause::launch_timeout: return launch_timeout_text(e);
    case ending_cause::over: return over_text(e);
    case ending_cause::absent:
        return "The scheduler does not know the job any more; how it ended is not known";
    }
    return "The server ended";
}

// The length of the UTF-8 sequence that begins at `at`, or 0 when it is not one.
std::size_t sequence_length(std::string_view text, std::size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t n = lead < 0x80       ? 1
                          : lead >> 5 == 6  ? 2
                          : lead >> 4 == 14 ? 3
                          : lead >> 3 == 30 ? 4
                                            : 0;
    return n != 0 && at + n <= text.size() && is_valid_utf8(text.substr(at, n)) ? n : 0;
}

} // namespace

bool ended_well(const ending& e) {
    if (e.cause != ending_cause::over || !e.was_ready || !e.job) return false;
    return e.job->exit_code == 0 && e.job->signal.value_or(0) == 0 &&
           (e.job->state == "COMPLETED" || e.job->state == "exited");
}

std::string failure_sentence(const ending& e) {
    std::string out = core(e);
    while (!out.empty() && (out.back() == '.' || out.back() == '\n')) out.pop_back();
    if (e.job && !e.job->job_id.empty()) out += fmt::format(" (job {})", e.job->job_id);
    return out;
}

std::string clock_text(duration d) {
    const auto total = std::chrono::duration_cast<std::chrono::seconds>(d).count();
    const auto days = total / 86400;
    const auto rest = fmt::format("{:02}:{:02}", total / 60 % 60, total % 60);
    if (days > 0) return fmt::format("{}-{:02}:{}", days, total / 3600 % 24, rest);
    return fmt::format("{}:{}", total / 3600, rest);
}

std::string readable_tail(std::string_view text, std::size_t max_bytes) {
    std::string out;
    out.reserve(std::min(text.size(), max_bytes));
    const bool cut = text.size() > max_bytes;
    if (cut) {
        text.remove_prefix(text.size() - max_bytes);
        if (auto line = text.find('\n'); line != text.npos && line + 1 < text.size())
            text.remove_prefix(line + 1);
    }
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t n = sequence_length(text, at);
        if (n == 0 || (n == 1 && (static_cast<unsigned char>(text[at]) < 0x20 || text[at] == 0x7f) &&
                       text[at] != '\n' && text[at] != '\t'))
            out += text[at] == '\r' ? "" : "?";
        else
            out.append(text.substr(at, n));
        at += std::max<std::size_t>(n, 1);
    }
    return out;
}

} // namespace berth::scheduler
