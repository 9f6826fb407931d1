// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/pages/browser_name.hpp"
#include "hubapi/pages/spawn_form.hpp"
#include "hubapi/pages/words.hpp"
#include "tests/hubapi/pages/page_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace berth::pages {
namespace {

using scheduler::phase;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

const time_point start{std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + 13h + 52min};

surroundings about(bool implicit = false) {
    surroundings a;
    a.now = start + 2min + 14s;
    a.cluster_kind = {{"hpc", "slurm"}};
    a.profile_titles = {{"small", "Small"}};
    a.implicit_spawn = implicit;
    return a;
}

scheduler::server server_in(phase p) {
    scheduler::server s;
    s.user_name = "alice";
    s.url_path = "/user/alice/";
    s.cluster = "hpc";
    s.profile = "small";
    s.state = p;
    s.started = start;
    s.job_id = "4711";
    s.job.emplace();
    s.fields.nprocs = 4;
    s.fields.memory_mib = 8192;
    s.progress = {{start, 0, "Requested"},
                  {start + 1s, 10, "Prepared"},
                  {start + 2s, 20, "Submitted"},
                  {start + 3s, 30, "Queued"}};
    return s;
}

TEST(card, of_a_queued_server_says_why_it_waits_and_until_when) {
    auto s = server_in(phase::queued);
    s.job->reason = "Resources";
    s.job->expected_start = start + 13min;
    const auto c = card_of(s, about());
    EXPECT_EQ(c.state.text, "Queued");
    EXPECT_EQ(c.sentence, "Waiting for resources (Slurm: Resources)");
    EXPECT_EQ(c.time.text, "14:05 UTC");
    EXPECT_EQ(c.time.iso, "2026-11-22T14:05:00Z");
    EXPECT_EQ(c.facts, "Slurm job 4711 · Small");
    EXPECT_EQ(c.cancel_action, "/hub/stop/alice");
    EXPECT_EQ(c.stop_action, "");
    EXPECT_TRUE(c.busy);
}

TEST(card, of_a_job_that_never_starts_says_so) {
    auto s = server_in(phase::queued);
    s.job->reason = "PartitionTimeLimit";
    s.job->never_starts = true;
    const auto c = card_of(s, about());
    EXPECT_EQ(c.sentence, "More time than the partition allows (Slurm: PartitionTimeLimit)");
    EXPECT_THAT(c.reason, HasSubstr("will not start"));
}

TEST(card, of_a_running_server_says_where_and_how_long) {
    auto s = server_in(phase::ready);
    s.job->node = "n042";
    s.job->ends_at = about().now + 3h + 12min + 5s;
    const auto c = card_of(s, about());
    EXPECT_EQ(c.sentence, "On n042 · 4 cores, 8 GB");
    EXPECT_EQ(c.left, "3 h 12 min left");
    EXPECT_EQ(c.open_url, "/user/alice/");
    EXPECT_EQ(c.stop_action, "/hub/stop/alice");
    EXPECT_FALSE(c.busy);
}

TEST(card, of_a_server_nobody_can_ask_about_keeps_its_buttons) {
    auto s = server_in(phase::ready);
    s.unknown_since = start;
    const auto c = card_of(s, about());
    EXPECT_EQ(c.state.kind, "unknown");
    EXPECT_EQ(c.unknown_since.text, "13:52 UTC");
    EXPECT_EQ(c.open_url, "/user/alice/");
    EXPECT_NE(c.stop_action, "");
}

TEST(card, of_an_ended_server_has_the_schedulers_words_exit_code_and_log) {
    auto s = server_in(phase::stopped);
    s.key.name = "n 1";
    s.failure.emplace();
    s.failure->sentence = "Out of memory (job 4711)";
    s.failure->state = "OUT_OF_MEMORY";
    s.failure->reason = "OutOfMemory";
    s.failure->exit_code = 137;
    s.failure->was_ready = true;
    s.failure->log_tail = "killed";
    const auto c = card_of(s, about());
    EXPECT_EQ(c.state.text, "Ended");
    EXPECT_EQ(c.facts, "Slurm: OUT_OF_MEMORY (OutOfMemory) · exit code 137 · Small · 4 cores, 8 GB");
    EXPECT_EQ(c.log_tail, "killed");
    EXPECT_EQ(c.start_action, "/hub/start/alice/n%201");
    EXPECT_EQ(c.delete_url, "/hub/delete/alice/n%201");
    const auto f = failed_of(s, about(), "req-1");
    EXPECT_EQ(f.headline, "The server ended");
    EXPECT_THAT(f.report, HasSubstr("req-1"));
    EXPECT_THAT(f.report, HasSubstr("4711 on hpc"));
}

TEST(card, starts_by_a_link_where_visiting_it_starts) {
    const auto s = server_in(phase::stopped);
    EXPECT_EQ(card_of(s, about(true)).start_action, "");
    EXPECT_EQ(card_of(s, about(true)).start_url, "/hub/spawn/alice");
    EXPECT_EQ(card_of(s, about()).start_action, "/hub/start/alice");
}

TEST(summary, is_the_state_of_one_and_counts_several) {
    const auto running = card_of(server_in(phase::ready), about()),
               queued = card_of(server_in(phase::queued), about());
    EXPECT_EQ(summary({running}), "Running");
    EXPECT_EQ(summary({running, queued, running}), "2 running, 1 queued");
    EXPECT_EQ(summary({}), "");
}

TEST(timeline, marks_what_is_done_what_is_under_way_and_how_long_it_took) {
    auto s = server_in(phase::queued);
    s.job->reason = "Priority";
    const auto steps = timeline(s, about());
    std::vector<std::string> states, times;
    for (const auto& step : steps) {
        states.push_back(step.state);
        times.push_back(step.elapsed);
    }
    EXPECT_THAT(states, ElementsAre("done", "done", "done", "now", "todo", "todo", "todo"));
    EXPECT_THAT(times, ElementsAre("", "1 s", "1 s", "2 min 12 s", "", "", ""));
    EXPECT_EQ(steps[2].detail, "Slurm job 4711");
    EXPECT_EQ(steps[3].since_iso.substr(0, 19), "2026-11-22T13:52:02");
}

TEST(timeline, of_every_phase_has_one_station_under_way) {
    for (const auto p : {phase::preparing, phase::submitting, phase::queued, phase::launching}) {
        int now = 0;
        for (const auto& step : timeline(server_in(p), about())) now += step.state == "now";
        EXPECT_EQ(now, 1) << to_string(p);
    }
}

TEST(elapsed, is_told_in_two_units) {
    EXPECT_EQ(elapsed_words(12s), "12 s");
    EXPECT_EQ(elapsed_words(134s), "2 min 14 s");
    EXPECT_EQ(elapsed_words(3h + 12min), "3 h 12 min");
    EXPECT_EQ(elapsed_words(50h), "2 d 2 h");
    EXPECT_EQ(elapsed_words(-5s), "0 s");
}

TEST(spawn_form, offers_what_may_be_chosen_with_its_limits) {
    const auto shown = spawn_profiles(small_and_large(), nlohmann::json::object(), false);
    ASSERT_EQ(shown.size(), 2U);
    EXPECT_TRUE(shown[0].chosen);
    EXPECT_EQ(shown[0].resources, "1 core, 1 hour");
    ASSERT_EQ(shown[0].fields.size(), 1U);
    EXPECT_EQ(shown[0].fields[0].name, "small.runtime");
    EXPECT_EQ(shown[0].fields[0].label, "Time");
    EXPECT_EQ(shown[0].fields[0].value, "01:00:00");
    EXPECT_EQ(shown[0].fields[0].hint, "Up to 04:00:00, as hours:minutes:seconds");
    EXPECT_TRUE(shown[1].fields.empty());
}

TEST(spawn_form, keeps_what_was_typed_and_says_what_is_wrong_with_it) {
    const nlohmann::json typed{{"profile", "small"}, {"runtime", "99:00:00"}};
    const auto shown = spawn_profiles(small_and_large(), typed, true);
    EXPECT_EQ(shown[0].fields[0].value, "99:00:00");
    EXPECT_THAT(shown[0].fields[0].error, HasSubstr("04:00:00"));
    EXPECT_TRUE(any_error(shown));
    EXPECT_FALSE(any_error(spawn_profiles(small_and_large(), {{"profile", "large"}}, true)));
}

TEST(spawn_form, survives_options_of_any_shape) {
    for (const auto* text :
         {"[]", "null", "{\"profile\": 7}", "{\"profile\": {}, \"runtime\": []}", "{\"profile\":\"gone\"}"}) {
        EXPECT_TRUE(spawn_profiles(small_and_large(), nlohmann::json::parse(text), true)[0].chosen) << text;
    }
}

TEST(browser_name, names_browser_and_system) {
    EXPECT_EQ(browser_name("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
              "Firefox on Linux");
    EXPECT_EQ(
        browser_name("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0"),
        "Edge on Windows");
    EXPECT_EQ(browser_name("python-requests/2.32"), "A program");
}

} // namespace
} // namespace berth::pages
