// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/server_fsm.hpp"

#include <array>

namespace berth::scheduler {
namespace {

using enum server_action;
using s = server_step;
using e = server_event;

constexpr std::size_t steps = static_cast<std::size_t>(s::finishing) + 1;
constexpr std::size_t events = static_cast<std::size_t>(e::restarted) + 1;

// clang-format off
std::vector<transition> starting_rows() {
    return {
        {s::stopped,      e::start_wanted,     s::preparing,       {begin_attempt, persist, prepare}},

        {s::preparing,    e::prepared,         s::submitting,      {persist, submit}},
        {s::preparing,    e::prepare_failed,   s::finishing,       {fail, persist, retire, conclude}},
        {s::preparing,    e::prepare_delayed,  s::resubmitting,    {persist, retry_later}},
        {s::preparing,    e::stop_wanted,      s::stop_preparing,  {persist}},
        {s::preparing,    e::job_queued,       s::queued,          {persist}},
        {s::preparing,    e::job_running,      s::launching,       {persist, probe}},
        {s::preparing,    e::job_over,         s::finishing,       {fail, persist, fetch_log, retire, conclude}},
        {s::preparing,    e::queue_timeout,    s::stop_preparing,  {fail, persist}},
        {s::preparing,    e::restarted,        s::preparing,       {prepare}},

        {s::submitting,   e::submit_accepted,  s::queued,          {persist, look_up}},
        {s::submitting,   e::submit_refused,   s::finishing,       {fail, persist, retire, conclude}},
        {s::submitting,   e::submit_not_taken, s::resubmitting,    {retry_later}},
        {s::submitting,   e::submit_unknown,   s::locating,        {persist, look_up}},
        {s::submitting,   e::stop_wanted,      s::stop_submitting, {persist}},
        {s::submitting,   e::job_queued,       s::queued,          {persist}},
        {s::submitting,   e::job_running,      s::launching,       {persist, probe}},
        {s::submitting,   e::job_over,         s::finishing,       {fail, persist, fetch_log, retire, conclude}},
        {s::submitting,   e::queue_timeout,    s::stop_submitting, {fail, persist}},
        {s::submitting,   e::restarted,        s::locating,        {look_up}},

        {s::resubmitting, e::retry_due,        s::preparing,       {prepare}},
        {s::resubmitting, e::stop_wanted,      s::finishing,       {persist, retire, conclude}},
        {s::resubmitting, e::job_queued,       s::queued,          {persist}},
        {s::resubmitting, e::job_running,      s::launching,       {persist, probe}},
        {s::resubmitting, e::job_over,         s::finishing,       {fail, persist, fetch_log, retire, conclude}},
        {s::resubmitting, e::queue_timeout,    s::finishing,       {fail, persist, retire, conclude}},
        {s::resubmitting, e::restarted,        s::preparing,       {prepare}},

        {s::locating,     e::job_queued,       s::queued,          {persist}},
        {s::locating,     e::job_running,      s::launching,       {persist, probe}},
        {s::locating,     e::job_over,         s::finishing,       {fail, persist, fetch_log, retire, conclude}},
        {s::locating,     e::job_absent,       s::preparing,       {renew_attempt, persist, prepare}},
        {s::locating,     e::stop_wanted,      s::stop_locating,   {persist, look_up}},
        {s::locating,     e::queue_timeout,    s::stop_locating,   {fail, persist, look_up}},
        {s::locating,     e::restarted,        s::locating,        {look_up}},
    };
}

std::vector<transition> living_rows() {
    return {
        {s::queued,       e::job_running,      s::launching,       {persist, probe}},
        {s::queued,       e::job_over,         s::finishing,       {fail, persist, fetch_log, retire, conclude}},
        {s::queued,       e::job_absent,       s::finishing,       {fail, persist, fetch_log, retire, conclude}},
        {s::queued,       e::job_stuck,        s::cancelling,      {fail, persist, cancel}},
        {s::queued,       e::address_reported, s::queued,          {look_up}},
        {s::queued,       e::queue_timeout,    s::cancelling,      {fail, persist, cancel}},
        {s::queued,       e::stop_wanted,      s::cancelling,      {persist, cancel}},
        {s::queued,       e::restarted,        s::queued,          {look_up}},

        {s::launching,    e::job_queued,       s::queued,          {forget_address, remove_route, persist}},
        {s::launching,    e::job_running,      s::launching,       {probe}},
        {s::launching,    e::job_moved,        s::launching,       {forget_address, remove_route, persist, probe}},
        {s::launching,    e::address_reported, s::launching,       {probe}},
        {s::launching,    e::probe_answered,   s::launching,       {add_route}},
        {s::launching,    e::route_added,      s::ready,           {persist}},
        {s::launching,    e::job_over,         s::finishing,       {fail, remove_route, persist, fetch_log, retire, conclude}},
        {s::launching,    e::job_absent,       s::finishing,       {fail, remove_route, persist, fetch_log, retire, conclude}},
        {s::launching,    e::launch_timeout,   s::cancelling,      {fail, remove_route, persist, cancel}},
        {s::launching,    e::stop_wanted,      s::cancelling,      {remove_route, persist, cancel}},
        {s::launching,    e::restarted,        s::launching,       {remove_route, probe, look_up}},

        {s::ready,        e::job_queued,       s::queued,          {forget_address, remove_route, persist}},
        {s::ready,        e::job_moved,        s::launching,       {forget_address, remove_route, persist, probe}},
        {s::ready,        e::address_reported, s::launching,       {remove_route, persist, probe}},
        {s::ready,        e::job_over,         s::finishing,       {fail, remove_route, persist, fetch_log, retire, conclude}},
        {s::ready,        e::job_absent,       s::finishing,       {fail, remove_route, persist, fetch_log, retire, conclude}},
        {s::ready,        e::stop_wanted,      s::cancelling,      {remove_route, persist, cancel}},
        {s::ready,        e::restarted,        s::ready,           {add_route, look_up}},
    };
}

std::vector<transition> stopping_rows() {
    return {
        {s::stop_preparing,  e::prepared,         s::finishing,       {persist, retire, conclude}},
        {s::stop_preparing,  e::prepare_failed,   s::finishing,       {persist, retire, conclude}},
        {s::stop_preparing,  e::prepare_delayed,  s::finishing,       {persist, retire, conclude}},
        {s::stop_preparing,  e::job_queued,       s::cancelling,      {persist, cancel}},
        {s::stop_preparing,  e::job_running,      s::cancelling,      {persist, cancel}},
        {s::stop_preparing,  e::restarted,        s::finishing,       {persist, retire, conclude}},

        {s::stop_submitting, e::submit_accepted,  s::cancelling,      {persist, cancel}},
        {s::stop_submitting, e::submit_refused,   s::finishing,       {persist, retire, conclude}},
        {s::stop_submitting, e::submit_not_taken, s::finishing,       {persist, retire, conclude}},
        {s::stop_submitting, e::submit_unknown,   s::stop_locating,   {persist, look_up}},
        {s::stop_submitting, e::job_queued,       s::cancelling,      {persist, cancel}},
        {s::stop_submitting, e::job_running,      s::cancelling,      {persist, cancel}},
        {s::stop_submitting, e::job_over,         s::finishing,       {persist, fetch_log, retire, conclude}},
        {s::stop_submitting, e::restarted,        s::stop_locating,   {look_up}},

        {s::stop_locating,   e::job_queued,       s::cancelling,      {persist, cancel}},
        {s::stop_locating,   e::job_running,      s::cancelling,      {persist, cancel}},
        {s::stop_locating,   e::job_over,         s::finishing,       {persist, fetch_log, retire, conclude}},
        {s::stop_locating,   e::job_absent,       s::finishing,       {persist, retire, conclude}},
        {s::stop_locating,   e::restarted,        s::stop_locating,   {look_up}},

        {s::cancelling,      e::job_over,         s::finishing,       {persist, fetch_log, retire, conclude}},
        {s::cancelling,      e::job_absent,       s::finishing,       {persist, fetch_log, retire, conclude}},
        {s::cancelling,      e::restarted,        s::cancelling,      {cancel}},

        {s::finishing,       e::finished,         s::stopped,         {persist}},
        {s::finishing,       e::restarted,        s::finishing,       {remove_route, fetch_log, retire, conclude}},
    };
}
// clang-format on

const std::vector<transition>& rows() {
    static const std::vector<transition> all = [] {
        std::vector<transition> out = starting_rows();
        for (auto& r : living_rows()) out.push_back(std::move(r));
        for (auto& r : stopping_rows()) out.push_back(std::move(r));
        return out;
    }();
    return all;
}

using row_index = std::array<std::array<const transition*, events>, steps>;

row_index index_rows() {
    row_index index{};
    for (const auto& r : rows()) index[static_cast<std::size_t>(r.from)][static_cast<std::size_t>(r.on)] = &r;
    return index;
}

} // namespace

std::span<const transition> server_life() { return rows(); }

const transition* find_transition(server_step from, server_event on) {
    static const row_index index = index_rows();
    return index[static_cast<std::size_t>(from)][static_cast<std::size_t>(on)];
}

phase phase_of(server_step step) {
    switch (step) {
    case s::stopped: return phase::stopped;
    case s::preparing: return phase::preparing;
    case s::submitting:
    case s::resubmitting:
    case s::locating: return phase::submitting;
    case s::queued: return phase::queued;
    case s::launching: return phase::launching;
    case s::ready: return phase::ready;
    case s::stop_preparing:
    case s::stop_submitting:
    case s::stop_locating:
    case s::cancelling:
    case s::finishing: return phase::stopping;
    }
    return phase::stopped;
}

bool may_have_job(server_step step) {
    return step != s::stopped && step != s::preparing && step != s::stop_preparing && step != s::finishing;
}

} // namespace berth::scheduler
