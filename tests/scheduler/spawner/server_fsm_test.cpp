// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/server_fsm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace berth::scheduler {
namespace {

using enum server_action;
using s = server_step;
using e = server_event;

constexpr auto all_steps = static_cast<int>(s::finishing) + 1;
constexpr auto all_events = static_cast<int>(e::restarted) + 1;

const transition& row(s from, e on) {
    const auto* r = find_transition(from, on);
    if (!r)
        throw std::logic_error("no row " + std::string(to_string(from)) + " " + std::string(to_string(on)));
    return *r;
}

bool has(const transition& r, server_action a) { return std::ranges::find(r.actions, a) != r.actions.end(); }
std::size_t place(const transition& r, server_action a) {
    return static_cast<std::size_t>(std::ranges::find(r.actions, a) - r.actions.begin());
}

struct expected {
    s from;
    e on;
    s to;
    std::vector<server_action> actions;
};

// The main road, a stop at each place and each way to die, written down a second time.
class main_rows : public testing::TestWithParam<expected> {};
TEST_P(main_rows, as_designed) {
    const auto& r = row(GetParam().from, GetParam().on);
    EXPECT_EQ(r.to, GetParam().to);
    EXPECT_THAT(r.actions, testing::ElementsAreArray(GetParam().actions));
}
INSTANTIATE_TEST_SUITE_P(
    life, main_rows,
    testing::Values(
        expected{s::stopped, e::start_wanted, s::preparing, {begin_attempt, persist, prepare}},
        expected{s::preparing, e::prepared, s::submitting, {persist, submit}},
        expected{s::preparing, e::prepare_failed, s::finishing, {fail, persist, retire, conclude}},
        expected{s::preparing, e::stop_wanted, s::stop_preparing, {persist}},
        expected{s::submitting, e::submit_accepted, s::queued, {persist, look_up}},
        expected{s::submitting, e::submit_refused, s::finishing, {fail, persist, retire, conclude}},
        expected{s::submitting, e::submit_not_taken, s::resubmitting, {retry_later}},
        expected{s::submitting, e::submit_unknown, s::locating, {persist, look_up}},
        expected{s::submitting, e::restarted, s::locating, {look_up}},
        expected{s::submitting, e::stop_wanted, s::stop_submitting, {persist}},
        expected{s::resubmitting, e::retry_due, s::preparing, {prepare}},
        expected{s::locating, e::job_queued, s::queued, {persist}},
        expected{s::locating, e::job_running, s::launching, {persist, probe}},
        expected{s::locating, e::job_absent, s::preparing, {renew_attempt, persist, prepare}},
        expected{s::locating, e::stop_wanted, s::stop_locating, {persist, look_up}},
        expected{s::queued, e::job_running, s::launching, {persist, probe}},
        expected{s::queued, e::job_stuck, s::cancelling, {fail, persist, cancel}},
        expected{s::queued, e::queue_timeout, s::cancelling, {fail, persist, cancel}},
        expected{s::launching, e::probe_answered, s::launching, {add_route}},
        expected{s::launching, e::route_added, s::ready, {persist}},
        expected{s::launching, e::job_queued, s::queued, {forget_address, remove_route, persist}},
        expected{s::launching, e::restarted, s::launching, {remove_route, probe, look_up}},
        expected{s::launching, e::launch_timeout, s::cancelling, {fail, remove_route, persist, cancel}},
        expected{s::ready, e::job_queued, s::queued, {forget_address, remove_route, persist}},
        expected{s::ready, e::job_moved, s::launching, {forget_address, remove_route, persist, probe}},
        expected{
            s::ready, e::job_over, s::finishing, {fail, remove_route, persist, fetch_log, retire, conclude}},
        expected{s::ready, e::stop_wanted, s::cancelling, {remove_route, persist, cancel}},
        expected{s::ready, e::restarted, s::ready, {add_route, look_up}},
        expected{s::stop_preparing, e::prepared, s::finishing, {persist, retire, conclude}},
        expected{s::stop_submitting, e::submit_accepted, s::cancelling, {persist, cancel}},
        expected{s::stop_submitting, e::submit_unknown, s::stop_locating, {persist, look_up}},
        expected{s::stop_locating, e::job_absent, s::finishing, {persist, retire, conclude}},
        expected{s::stop_locating, e::job_running, s::cancelling, {persist, cancel}},
        expected{s::cancelling, e::job_over, s::finishing, {persist, fetch_log, retire, conclude}},
        expected{s::cancelling, e::job_absent, s::finishing, {persist, fetch_log, retire, conclude}},
        expected{s::finishing, e::finished, s::stopped, {persist}}),
    [](const auto& info) {
        return std::string(to_string(info.param.from)) + "_" + std::string(to_string(info.param.on));
    });

TEST(server_life, has_each_pair_once) {
    std::set<std::pair<s, e>> pairs;
    for (const auto& r : server_life())
        EXPECT_TRUE(pairs.insert({r.from, r.on}).second) << r.from << " " << r.on;
}

TEST(server_life, an_intent_is_durable_before_its_submit) {
    for (const auto& r : server_life())
        if (has(r, submit)) EXPECT_LT(place(r, persist), place(r, submit)) << r.from << " " << r.on;
}

TEST(server_life, submits_from_one_place_only) {
    // Never blindly again: the only way to a submit is a preparation, and after an unknown outcome the only
    // way to a preparation is proof of absence.
    for (const auto& r : server_life()) {
        EXPECT_EQ(has(r, submit), r.from == s::preparing && r.on == e::prepared) << r.from << " " << r.on;
        if (r.from == s::locating && r.to == s::preparing) EXPECT_EQ(r.on, e::job_absent);
    }
}

TEST(server_life, a_stop_is_heard_wherever_a_server_is_active) {
    for (int i = 0; i < all_steps; ++i) {
        const auto step = static_cast<s>(i);
        const auto p = phase_of(step);
        if (p == phase::stopped || p == phase::stopping) continue;
        EXPECT_EQ(phase_of(row(step, e::stop_wanted).to), phase::stopping) << step;
    }
}

TEST(server_life, only_proof_ends_what_may_live) {
    const std::set<e> proof = {e::job_over,         e::job_absent,    e::submit_refused,
                               e::submit_not_taken, e::prepared,      e::prepare_failed,
                               e::prepare_delayed,  e::stop_wanted,   e::queue_timeout, e::restarted};
    for (const auto& r : server_life()) {
        if (r.to != s::finishing || r.from == s::finishing) continue;
        EXPECT_TRUE(proof.contains(r.on)) << r.from << " " << r.on;
        if (r.from == s::queued || r.from == s::launching || r.from == s::ready || r.from == s::cancelling)
            EXPECT_TRUE(r.on == e::job_over || r.on == e::job_absent) << r.from << " " << r.on;
    }
}

TEST(server_life, every_attempt_is_retired_before_it_is_concluded) {
    for (const auto& r : server_life())
        if (has(r, conclude)) EXPECT_LT(place(r, retire), place(r, conclude)) << r.from << " " << r.on;
}

TEST(server_life, every_step_has_a_way_back_after_a_restart) {
    for (int i = 1; i < all_steps; ++i)
        EXPECT_TRUE(find_transition(static_cast<s>(i), e::restarted)) << static_cast<s>(i);
}

TEST(server_life, nothing_leaves_stopped_but_a_start) {
    for (int i = 0; i < all_events; ++i)
        EXPECT_EQ(find_transition(s::stopped, static_cast<e>(i)) != nullptr,
                  static_cast<e>(i) == e::start_wanted);
}

TEST(server_life, steps_are_read_back_by_name) {
    for (int i = 0; i < all_steps; ++i) EXPECT_EQ(step_from(to_string(static_cast<s>(i))), static_cast<s>(i));
    EXPECT_FALSE(step_from("nonsense"));
}

TEST(server_life, prints) {
    std::ostringstream out;
    out << s::ready << " " << e::job_moved << " " << conclude << " " << e::restarted;
    EXPECT_EQ(out.str(), "ready job_moved conclude restarted");
}

TEST(server_life, drawing_is_in_step) {
    const std::string path = std::string(BERTH_SOURCE_DIR) + "/docs/server-life.md";
    if (std::getenv("BERTH_REDRAW")) std::ofstream(path) << draw_server_life();
    std::ifstream in(path);
    std::stringstream drawn;
    drawn << in.rdbuf();
    EXPECT_EQ(drawn.str(), draw_server_life()) << "run this test with BERTH_REDRAW=1 in its environment";
}

} // namespace
} // namespace berth::scheduler
