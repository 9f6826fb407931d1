// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/server_fsm.hpp"

#include <array>
#include <map>
#include <ostream>

namespace berth::scheduler {
namespace {

constexpr std::array<std::string_view, 13> step_names = {
    "stopped", "preparing",      "submitting",      "resubmitting",  "locating",   "queued",   "launching",
    "ready",   "stop_preparing", "stop_submitting", "stop_locating", "cancelling", "finishing"};

constexpr std::array<std::string_view, 23> event_names = {
    "start_wanted",    "stop_wanted",      "prepared",         "prepare_failed", "prepare_delayed",
    "submit_accepted", "submit_refused",   "submit_not_taken", "submit_unknown", "retry_due",
    "job_queued",      "job_running",      "job_moved",        "job_over",       "job_stuck",
    "job_absent",      "address_reported", "probe_answered",   "route_added",    "queue_timeout",
    "launch_timeout",  "finished",         "restarted"};

constexpr std::array<std::string_view, 16> action_names = {
    "begin_attempt", "renew_attempt", "fail",   "persist", "prepare",        "submit",
    "retry_later",   "look_up",       "cancel", "probe",   "forget_address", "add_route",
    "remove_route",  "fetch_log",     "retire", "conclude"};

std::string list(const std::vector<server_action>& actions) {
    std::string out;
    for (auto a : actions) out += (out.empty() ? "" : ", ") + std::string(to_string(a));
    return out.empty() ? "-" : out;
}

std::string diagram() {
    std::string out = "```mermaid\nstateDiagram-v2\n    [*] --> stopped\n";
    std::map<std::pair<server_step, server_step>, std::string> edges;
    for (const auto& r : server_life()) {
        if (r.from == r.to || r.on == server_event::restarted) continue;
        auto& label = edges[{r.from, r.to}];
        label += (label.empty() ? "" : ", ") + std::string(to_string(r.on));
    }
    for (const auto& [ends, label] : edges)
        out += "    " + std::string(to_string(ends.first)) + " --> " + std::string(to_string(ends.second)) +
               ": " + label + "\n";
    return out + "```\n";
}

} // namespace

std::string_view to_string(server_step s) { return step_names.at(static_cast<std::size_t>(s)); }
std::string_view to_string(server_event e) { return event_names.at(static_cast<std::size_t>(e)); }
std::string_view to_string(server_action a) { return action_names.at(static_cast<std::size_t>(a)); }

std::optional<server_step> step_from(std::string_view name) {
    for (std::size_t i = 0; i < step_names.size(); ++i)
        if (step_names[i] == name) return static_cast<server_step>(i);
    return std::nullopt;
}

std::ostream& operator<<(std::ostream& out, server_step s) { return out << to_string(s); }
std::ostream& operator<<(std::ostream& out, server_event e) { return out << to_string(e); }
std::ostream& operator<<(std::ostream& out, server_action a) { return out << to_string(a); }

std::string draw_server_life() {
    std::string out =
        "# The life of a notebook server\n\n"
        "Drawn from the table in `scheduler/spawner/server_fsm.cpp`; a test keeps it in step. What happens "
        "when\n"
        "the hub comes back (`restarted`) is left out of the picture and stands in the table.\n\n";
    out += diagram();
    out += "\n| step | event | next step | actions |\n|---|---|---|---|\n";
    for (const auto& r : server_life())
        out += "| " + std::string(to_string(r.from)) + " | " + std::string(to_string(r.on)) + " | " +
               std::string(to_string(r.to)) + " | " + list(r.actions) + " |\n";
    return out;
}

} // namespace berth::scheduler
