// SPDX-License-Identifier: BSD-3-Clause
#include "tests/hubapi/pages/page_fixture.hpp"

#include "daemon/http/forms.hpp"

namespace berth::pages {

scheduler::catalogue small_and_large() {
    scheduler::catalogue c;
    c.clusters["hpc"] = {};
    scheduler::profile small;
    small.name = "small";
    small.title = "Small";
    small.cluster = "hpc";
    small.set.nprocs = 1;
    scheduler::choice time;
    time.field = "runtime";
    time.type = scheduler::choice_type::duration;
    time.max = "04:00:00";
    time.initial = "01:00:00";
    small.choose = {time};
    auto large = small;
    large.name = large.title = "large";
    large.choose.clear();
    c.profiles = {small, large};
    return c;
}

void page_fixture::SetUp() {
    config.catalogue = small_and_large();
    config.cluster_kind["hpc"] = "slurm";
    config.admission.allow_all = true;
    config.admission.blocked_users = {"mallory"};
    open({hub::people::tables(), hub::shares::tables(), auth::token_store::tables(), auth::session_store::tables()});
    const auto executor = io.get_executor();
    who.emplace(time, *db);
    shared.emplace(time, *db);
    tokens.emplace(time, log, *db);
    auth::session_settings settings;
    settings.cookie_secret = secret("a cookie secret of 32 bytes .....");
    sessions.emplace(time, log, *db, settings);
    may.emplace(*who, *shared, *auth::make_roles({}), config.services);
    services.emplace(time, log, *db, *tokens, *may, config);
    disk.emplace(executor);
    slurm.emplace(executor, time);
    launches.emplace(executor);
    metrics.emplace(registry);
    scheduler::spawner::parts parts{executor, time, log, *disk, *launches, door,
                                    web,      {},   "t", {},    nullptr,   nullptr};
    parts.clusters["hpc"] = {&*slurm, {}};
    servers.emplace(std::move(parts));
    for (auto* load :
         {+[](page_fixture& f) { return f.who->load(); }, +[](page_fixture& f) { return f.tokens->load(); },
          +[](page_fixture& f) { return f.sessions->load(); },
          +[](page_fixture& f) { return f.servers->load(); }})
        ASSERT_TRUE(run(load(*this)));
    servers->run();
    h.emplace(hub::hub{
        config, time, log, *who, *shared, *may, *services, *tokens, *sessions, *passwords, throttle, *servers, *metrics, {}, {}, {}, {}});
    sessions->on_end([this](const auth::session& s) { ended.push_back(s.session_id); });
    draw = std::move(*renderer::make({}));
    pages.emplace(*h, *draw);
    pages->add_routes(routes);
}

void page_fixture::TearDown() {
    if (servers) run_void(servers->shut_down());
    auth_fixture::TearDown();
}

void page_fixture::pass(int steps) {
    for (int i = 0; i < steps; ++i) {
        io.restart();
        for (int round = 0; round < 50; ++round) io.poll();
        time.advance(std::chrono::seconds(1));
    }
    io.restart();
    io.poll();
}

http::response page_fixture::send(auth::browser& b, http::request r, std::string target) {
    r.target = std::move(target);
    const auto mark = r.target.find('?');
    r.raw_path = r.path = r.target.substr(0, mark);
    if (mark != std::string::npos) r.raw_query = r.target.substr(mark + 1);
    r.query = http::parse_urlencoded(r.raw_query);
    r.id = "request-1";
    auto found = routes.find(r.method, r.path);
    r.params = found.params;
    auto answer = found.target ? run((*found.target)(std::move(r))) : pages->unknown(r, found.allowed);
    b.take(answer);
    return answer;
}

http::response page_fixture::get(auth::browser& b, std::string target, http::fields headers) {
    auto r = b.request();
    for (const auto& [name, value] : headers) r.headers.add(name, value);
    return send(b, std::move(r), std::move(target));
}

http::response page_fixture::post(auth::browser& b, std::string target, http::name_values form) {
    if (!http::find_value(form, "_xsrf")) form.emplace_back("_xsrf", b.value("_xsrf"));
    auto r = b.request("POST");
    r.headers.add("Content-Type", "application/x-www-form-urlencoded");
    r.body = http::to_urlencoded(form);
    return send(b, std::move(r), std::move(target));
}

auth::browser page_fixture::signed_in(const std::string& name) {
    auth::browser b;
    get(b, "/hub/login");
    const auto answer = post(b, "/hub/login?next=", {{"username", name}, {"password", "x"}});
    EXPECT_EQ(answer.status, 302) << answer.body;
    return b;
}

const scheduler::server* page_fixture::server_of(const std::string& user, const std::string& name) {
    const auto* u = who->find(user);
    return u ? servers->find({u->id, name}) : nullptr;
}

} // namespace berth::pages
