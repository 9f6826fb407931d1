// SPDX-License-Identifier: BSD-3-Clause
#include "tests/hubapi/pages/samples.hpp"

namespace berth::pages {

namespace {

frame signed_in(std::string current = "") {
    frame f;
    f.user = "alice";
    f.xsrf = "xsrf-token";
    f.request_id = "5f2c9d1e7ab04c33";
    f.current = std::move(current);
    return f;
}

frame anonymous() {
    frame f;
    f.xsrf = "xsrf-token";
    f.request_id = "5f2c9d1e7ab04c33";
    return f;
}

moment at(std::string time) { return {time + " UTC", "2026-11-22T" + time + ":00Z"}; }

const char* const log_text =
    "[I 2026-11-22 13:01:07 ServerApp] jupyterlab | extension was successfully loaded.\n"
    "[I 2026-11-22 13:01:08 ServerApp] Serving notebooks from local directory: /users/alice\n"
    "[I 2026-11-22 13:40:51 ServerApp] Kernel started: 6b1e0f52\n"
    "slurmstepd: error: Detected 1 oom_kill event in StepId=4711.batch. Some of the step tasks "
    "have been OOM Killed.";

server_card running() {
    server_card c;
    c.id = "default";
    c.title = "Default server";
    c.state = {"running", "Running"};
    c.sentence = "On n042 · 4 cores, 8 GB";
    c.time_label = "Ends";
    c.time = at("17:17");
    c.left = "3 h 12 min left";
    c.facts = "Slurm job 4711 · Small";
    c.open_url = "/user/alice/";
    c.stop_action = "/hub/stop/alice";
    return c;
}

server_card queued() {
    server_card c;
    c.id = "analysis";
    c.title = "analysis";
    c.state = {"queued", "Queued"};
    c.sentence = "Waiting for resources (Slurm: Resources)";
    c.time_label = "Expected to start";
    c.time = at("14:05");
    c.facts = "Slurm job 4712 · Large memory";
    c.progress_url = "/hub/spawn-pending/alice/analysis";
    c.cancel_action = "/hub/stop/alice/analysis";
    c.busy = true;
    return c;
}

server_card ended() {
    server_card c;
    c.id = "training";
    c.title = "training";
    c.state = {"failed", "Ended"};
    c.sentence = "Out of memory (job 4698, exit code 137)";
    c.facts = "Slurm: OUT_OF_MEMORY · GPU";
    c.log_tail = log_text;
    c.start_action = "/hub/start/alice/training";
    c.start_label = "Start again";
    c.change_url = "/hub/spawn/alice/training";
    c.report_url = "/hub/spawn-pending/alice/training";
    c.dismiss_action = "/hub/dismiss/alice/training";
    c.delete_url = "/hub/delete/alice/training";
    return c;
}

home_view home_running() {
    home_view v;
    v.title_state = "Running";
    v.new_url = "/hub/new";
    v.servers = {running()};
    return v;
}

home_view home_all() {
    auto v = home_running();
    v.title_state = "1 running, 1 queued";
    auto unknown = running();
    unknown.id = "viz";
    unknown.title = "viz";
    unknown.state = {"unknown", "State unknown"};
    unknown.unknown_since = at("13:58");
    unknown.time = {};
    auto stopped = server_card();
    stopped.id = "old";
    stopped.title = "old";
    stopped.state = {"stopped", "Stopped"};
    stopped.facts = "Small";
    stopped.start_action = "/hub/start/alice/old";
    stopped.start_label = "Start";
    stopped.change_url = "/hub/spawn/alice/old";
    stopped.delete_url = "/hub/delete/alice/old";
    auto stopping = server_card();
    stopping.id = "bye";
    stopping.title = "bye";
    stopping.state = {"stopping", "Stopping"};
    stopping.sentence = "Slurm has been asked to end job 4701";
    stopping.busy = true;
    v.servers = {running(), queued(), unknown, ended(), stopping, stopped};
    v.down = {{"alps", "connection refused by https://firecrest.example.org", at("13:58")}};
    return v;
}

spawn_view spawn(bool wrong) {
    spawn_view v;
    v.action = "/hub/spawn/alice?next=%2Fuser%2Falice%2Flab";
    v.cancel_url = "/hub/home";
    spawn_field time{
        "small.runtime", "small.runtime", "Time", "01:00:00", "Up to 4 hours, as hours:minutes:seconds", ""};
    spawn_field partition{"small.partition", "small.partition", "Partition", "", "", ""};
    partition.is_select = true;
    partition.options = {{"debug", true}, {"long", false}};
    spawn_field cores{"small.nprocs", "small.nprocs", "Cores", "4", "1 to 16", "", "numeric"};
    if (wrong) {
        v.error = "One choice is out of bounds.";
        time.value = "99:00:00";
        time.error = "runtime: \"99:00:00\" is more than 04:00:00";
    }
    v.profiles = {{"small",
                   "Small",
                   "For a first look and for teaching.",
                   "1 core, 2 GB, 1 hour",
                   "hpc",
                   "",
                   true,
                   {time, partition, cores}},
                  {"mem", "Large memory", "", "8 cores, 128 GB, 4 hours", "hpc", "", false, {}},
                  {"gpu",
                   "One GPU",
                   "An A100 with 40 GB.",
                   "8 cores, 64 GB, 1 GPU, 2 hours",
                   "alps",
                   "This cluster does not answer at the moment.",
                   false,
                   {}}};
    return v;
}

pending_view pending(bool starting) {
    pending_view v;
    v.server_title = "Default server · Small (1 core, 2 GB, 1 hour)";
    v.state = starting ? chip{"starting", "Starting"} : chip{"queued", "Queued"};
    v.headline = starting ? "Starting on n042" : "Waiting in the queue";
    v.live = v.headline;
    v.progress_url = "/hub/api/users/alice/server/progress?_xsrf=x";
    v.cancel_action = "/hub/stop/alice";
    v.home_url = "/hub/home";
    v.steps = {{"done", "Requested", "", "at", at("13:52"), "", ""},
               {"done", "Credential", "Fresh", "", {}, "1 s", ""},
               {"done", "Submitted", "Slurm job 4712", "", {}, "1 s", ""},
               {starting ? "done" : "now", "Queued", "Waiting for resources (Slurm: Resources)",
                "Expected to start", at("14:05"), "2 min 14 s", starting ? "" : "2026-11-22T13:52:00Z"},
               {starting ? "done" : "todo", "Node", starting ? "n042" : "", "", {}, "", ""},
               {starting ? "now" : "todo",
                "Starting",
                starting ? "Waiting for the server to answer" : "",
                "",
                {},
                starting ? "4 s" : "",
                ""},
               {"todo", "Ready", "", "", {}, "", ""}};
    return v;
}

failed_view failed() {
    failed_view v;
    v.headline = "The server did not start";
    v.server_title = "Default server";
    v.sentence = "The job ran out of memory and was ended by Slurm.";
    v.scheduler_words = "OUT_OF_MEMORY";
    v.exit_code = "137";
    v.signal = "9";
    v.job_id = "4711 on hpc";
    v.profile = "Small: 1 core, 2 GB, 1 hour";
    v.at = at("13:41");
    v.log_tail = log_text;
    v.report = "Server       alice/\nJob          4711 on hpc\nState        OUT_OF_MEMORY\nRequest      "
               "5f2c9d1e7ab04c33\nRequested at 2026-11-22T13:00:51Z";
    v.again_action = "/hub/start/alice";
    v.change_url = "/hub/spawn/alice";
    v.dismiss_action = "/hub/dismiss/alice";
    return v;
}

token_view tokens(bool filled) {
    token_view v;
    v.action = "/hub/token";
    v.expiries = {{"3600", "In 1 hour"},           {"86400", "In 1 day"},     {"604800", "In 1 week"},
                  {"2592000", "In 1 month", true}, {"31536000", "In 1 year"}, {"", "Never"}};
    v.sessions = {{"Firefox on Linux", "192.0.2.7", at("09:12"), at("13:58"), true, ""}};
    v.everywhere_url = "/hub/token/everywhere";
    if (!filled) return v;
    v.fresh_token = "6a1f0d9be2c74a2d8d5f0b6f0c3a9e11";
    v.fresh_note = "nightly tests";
    v.tokens = {{"nightly tests",
                 "All that you may do",
                 "a14",
                 at("13:58"),
                 {},
                 {"22 Dec 2026", "2026-12-22T13:58:00Z"},
                 "/hub/token/revoke/a14"},
                {"dashboard",
                 "read:users!user=alice, servers!user=alice",
                 "a11",
                 {"1 Oct 2026", "2026-10-01T08:00:00Z"},
                 at("13:55"),
                 {},
                 "/hub/token/revoke/a11"}};
    v.apps = {{"Server at /user/alice/", "access:servers!server=alice/", at("09:14"), at("13:58"),
               "/hub/token/revoke/a12"}};
    v.sessions.push_back({"Chrome on Android", "198.51.100.23", at("08:01"), at("08:40"), false, ""});
    return v;
}

error_view error(int status) {
    error_view v;
    v.status = status;
    v.back_url = "/hub/home";
    v.back_text = "Back to your servers";
    v.title = status == 404 ? "Not found" : "The server does not answer";
    v.what = status == 404 ? "There is nothing at this address, or you may not see it."
                           : "The notebook server did not answer the front door.";
    v.remedy = status == 404 ? "Check the link; it may belong to a server that somebody else owns."
                             : "It may be busy. Wait a minute, or start it again.";
    return v;
}

} // namespace

std::vector<sample> all_samples(const renderer& r) {
    std::vector<sample> all;
    const auto add = [&](std::string name, std::string html) {
        all.push_back({std::move(name), std::move(html)});
    };
    login_view in{"/hub/login?next=", "", ""};
    add("login", r.login(anonymous(), in));
    login_view wrong{"/hub/login?next=%2Fhub%2Fhome", "alice", "Wrong username or password.", true};
    auto told = anonymous();
    told.announcement = "Maintenance on Thursday from 8:00 to 12:00: running notebooks end at 7:55.";
    add("login-wrong", r.login(told, wrong));
    login_view provider{"/hub/login", "", ""};
    provider.provider_url = "/hub/oauth_login?next=";
    provider.provider_name = "HPC Account";
    add("login-provider", r.login(anonymous(), provider));
    home_view empty;
    empty.start_url = "/hub/spawn";
    empty.new_url = "/hub/new";
    add("home-empty", r.home(signed_in("home"), empty));
    add("home-running", r.home(signed_in("home"), home_running()));
    auto news = signed_in("home");
    news.announcement = told.announcement;
    add("home-all", r.home(news, home_all()));
    add("spawn", r.spawn(signed_in(), spawn(false)));
    add("spawn-wrong", r.spawn(signed_in(), spawn(true)));
    auto fresh = spawn(false);
    fresh.ask_name = true;
    fresh.name_error = "A server of this name exists.";
    fresh.name_value = "analysis";
    add("spawn-new", r.spawn(signed_in(), fresh));
    auto refreshing = signed_in();
    refreshing.refresh = "3";
    add("pending-queued", r.pending(refreshing, pending(false)));
    add("pending-starting", r.pending(refreshing, pending(true)));
    auto lost = pending(false);
    lost.unknown_since = at("13:58");
    add("pending-unknown", r.pending(refreshing, lost));
    add("failed", r.failed(signed_in(), failed()));
    add("not-running", r.not_running(signed_in(), {"Your server", "/user/alice/lab/tree/results/day1.ipynb",
                                                   "/hub/start/alice?next=x", "", "/hub/spawn/alice",
                                                   "1 core, 2 GB, 1 hour"}));
    add("ask", r.ask(signed_in(), {"Delete?", "Delete the server “training”?",
                                   "Its options and its last log are forgotten. Files stay.",
                                   "/hub/delete/alice/training", "Delete", "/hub/home"}));
    add("token-empty", r.token(signed_in("token"), tokens(false)));
    add("token", r.token(signed_in("token"), tokens(true)));
    add("consent", r.consent(signed_in(), {"Course grader",
                                           "/hub/api/oauth2/authorize?x=1",
                                           "alice",
                                           {{"access:servers", "Open your servers", ""},
                                            {"read:users:name", "See your name", "of alice"}},
                                           "/hub/home"}));
    add("busy", r.busy(signed_in(), {"Too many servers are starting right now.",
                                     42,
                                     "/hub/spawn/alice",
                                     {{"profile", "small"}, {"runtime", "1:00:00"}},
                                     "/hub/home"}));
    add("error-404", r.error(signed_in(), error(404)));
    add("error-503", r.error(anonymous(), error(503)));
    add("signed-out", r.signed_out(anonymous()));
    add_admin_samples(r, all);
    return all;
}

} // namespace berth::pages
