// SPDX-License-Identifier: BSD-3-Clause
// The pages of administrators, without a browser.
#include "hubapi/pages/admin.hpp"
#include "tests/hubapi/pages/page_fixture.hpp"
#include "tests/hubapi/pages/samples.hpp"

#include <gmock/gmock.h>

namespace berth::pages {
namespace {

using auth::browser;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct admin_pages : page_fixture {
    browser root;
    void SetUp() override {
        page_fixture::SetUp();
        config.catalogue.profiles.erase(
            config.catalogue.profiles.begin()); // one is left: nobody needs to choose
        root = signed_in("root");
        ASSERT_TRUE(run(who->set_admin(who->find("root")->id, true)));
    }
    void add(std::vector<std::string> names) { ASSERT_TRUE(run(who->create_users(std::move(names), false))); }
    http::response admin(const std::string& query = "") { return get(root, "/hub/admin" + query); }
};

TEST(names, stand_between_blanks_commas_and_line_ends) {
    EXPECT_THAT(names_in(" alice, bob;carol\r\ndave  alice\n"), ElementsAre("alice", "bob", "carol", "dave"));
    EXPECT_THAT(names_in(" \n"), IsEmpty());
    EXPECT_THAT(lines_in("a group\r\n other, too \n\n"), ElementsAre("a group", "other, too"));
}

TEST(list_request, keeps_what_it_understands) {
    const auto l = list_request::of(
        http::parse_urlencoded("name_filter=%20al&state=ready&sort=-last_activity&offset=100&limit=20"));
    EXPECT_EQ(l.q.name_filter, "al");
    EXPECT_EQ(l.q.state, hub::user_state::ready);
    EXPECT_EQ(l.q.order, hub::user_order::last_activity);
    EXPECT_TRUE(l.q.descending);
    EXPECT_EQ(l.query(120), "name_filter=al&state=ready&sort=-last_activity&offset=120&limit=20");
    const auto none = list_request::of(http::parse_urlencoded("state=x&sort=y&offset=-1&limit=100000"));
    EXPECT_EQ(none.query(), "limit=200");
    EXPECT_EQ(list_request::of({}).query(), "");
}

TEST(range, has_groups_of_three) {
    EXPECT_EQ(range_in_words(50, 50, 10000, "users"), "51 to 100 of 10,000 users");
    EXPECT_EQ(range_in_words(0, 0, 0, "users"), "0 users");
}

TEST(admin_samples, say_jobs_and_escape_names) {
    std::vector<sample> all;
    add_admin_samples(**renderer::make({}), all);
    EXPECT_THAT(all.front().html,
                AllOf(HasSubstr(">4711<"), HasSubstr(">n042<"),
                      HasSubstr("Waiting for resources (Slurm: Resources)"), HasSubstr("bob &lt;b&gt;"),
                      Not(HasSubstr("bob <b>")), HasSubstr("data-live=\"3\"")));
    EXPECT_THAT(all[1].html, AllOf(HasSubstr("role=\"alert\""), HasSubstr("bob: already starting"),
                                   Not(HasSubstr("data-live"))));
}

TEST_F(admin_pages, are_for_who_has_admin_ui) {
    auto alice = signed_in("alice");
    EXPECT_THAT(get(alice, "/hub/home").body, Not(HasSubstr("/hub/admin")));
    for (const std::string path : {"", "/add", "/stop-all", "/groups", "/users/alice", "/users/alice/delete"})
        EXPECT_EQ(get(alice, "/hub/admin" + path).status, 403) << path;
    EXPECT_EQ(post(alice, "/hub/admin/add", {{"names", "x"}}).status, 403);
    EXPECT_EQ(post(alice, "/hub/admin/stop/root").status, 403);
    EXPECT_EQ(post(alice, "/hub/admin/users/root/delete").status, 403);
    EXPECT_THAT(get(root, "/hub/home").body, HasSubstr("href=\"/hub/admin\""));
    browser nobody;
    EXPECT_EQ(location(get(nobody, "/hub/admin")), "/hub/login?next=%2Fhub%2Fadmin");
}

TEST_F(admin_pages, forms_need_their_token) {
    EXPECT_EQ(post(root, "/hub/admin/add", {{"names", "x"}, {"_xsrf", "no"}}).status, 403);
    EXPECT_FALSE(who->find("x"));
}

TEST_F(admin_pages, search_filter_and_page) {
    add({"ada", "bea", "adam"});
    EXPECT_THAT(admin("?name_filter=AD").body,
                AllOf(HasSubstr(">ada<"), HasSubstr(">adam<"), Not(HasSubstr(">bea<")),
                      HasSubstr("1 to 2 of 2 users")));
    EXPECT_THAT(admin("?limit=2").body,
                AllOf(HasSubstr("1 to 2 of 4 users"), HasSubstr("href=\"/hub/admin?offset=2&amp;limit=2\""),
                      Not(HasSubstr("id=\"previous\""))));
    EXPECT_THAT(
        admin("?limit=2&offset=2").body,
        AllOf(HasSubstr("3 to 4 of 4 users"), HasSubstr("id=\"previous\""), Not(HasSubstr("id=\"next\""))));
    EXPECT_THAT(admin("?state=active").body, HasSubstr("No user fits."));
    const auto backwards = admin("?sort=-name").body;
    EXPECT_LT(backwards.find(">root<"), backwards.find(">ada<"));
}

TEST_F(admin_pages, what_people_are_called_is_text) {
    config.site.announcement_home.clear();
    ASSERT_TRUE(run(who->create_groups({"<img src=x onerror=alert(1)>"}, {who->find("root")->id})));
    for (const std::string path : {"", "/groups", "/users/root", "?name_filter=%22%3E%3Cscript%3E"}) {
        const auto page = admin(path).body;
        EXPECT_THAT(page, AllOf(Not(HasSubstr("<img src=x")), Not(HasSubstr("\"><script>")))) << path;
    }
    EXPECT_THAT(admin("/groups").body, HasSubstr("&lt;img src=x onerror=alert(1)&gt;"));
}

TEST_F(admin_pages, start_and_stop_one_with_job_columns) {
    add({"bob"});
    const auto started = post(root, "/hub/admin/start/bob", {{"back", "state=&name_filter=bo"}});
    EXPECT_EQ(started.status, 303) << started.body;
    EXPECT_EQ(location(started), "/hub/admin?name_filter=bo&started=1");
    pass();
    const auto page = admin("?started=1").body;
    EXPECT_THAT(page, AllOf(HasSubstr("1 server asked to start."), HasSubstr("Queued"), HasSubstr(">hpc<"),
                            HasSubstr(server_of("bob")->job_id)));
    const auto again = post(root, "/hub/admin/start/bob");
    EXPECT_EQ(again.status, 400);
    EXPECT_THAT(again.body, HasSubstr("already starting"));
    EXPECT_EQ(location(post(root, "/hub/admin/stop/bob")), "/hub/admin?stopped=1");
    pass();
    EXPECT_FALSE(server_of("bob")->active());
    EXPECT_EQ(post(root, "/hub/admin/stop/nobody").status, 404);
}

TEST_F(admin_pages, selected_users_and_all) {
    add({"bob", "carol", "dave"});
    EXPECT_THAT(post(root, "/hub/admin/selected", {{"do", "start"}}).body, HasSubstr("Nobody is selected"));
    const auto both =
        post(root, "/hub/admin/selected", {{"do", "start"}, {"user", "bob"}, {"user", "carol"}});
    EXPECT_EQ(location(both), "/hub/admin?started=2");
    pass();
    EXPECT_FALSE(server_of("dave"));
    EXPECT_EQ(location(post(root, "/hub/admin/selected", {{"do", "stop"}, {"user", "bob"}})),
              "/hub/admin?stopped=1");
    pass();
    EXPECT_TRUE(server_of("carol")->active());
    EXPECT_THAT(get(root, "/hub/admin/stop-all").body, HasSubstr("Stop the one server that runs?"));
    EXPECT_EQ(location(post(root, "/hub/admin/stop-all")), "/hub/admin?stopped=1");
    pass();
    EXPECT_FALSE(server_of("carol")->active());
}

TEST_F(admin_pages, add_rename_promote_delete) {
    EXPECT_EQ(location(post(root, "/hub/admin/add", {{"names", "Ann\nben, cid"}})), "/hub/admin?added=3");
    EXPECT_TRUE(who->find("ann"));
    EXPECT_THAT(post(root, "/hub/admin/add", {{"names", "ann"}}).body,
                HasSubstr("This user exists already."));
    EXPECT_EQ(post(root, "/hub/admin/add", {{"names", "a/b"}}).status, 400);
    const auto saved = post(root, "/hub/admin/users/ann",
                            {{"name", "anna"}, {"admin", "1"}, {"groups", "staff\nnight shift"}});
    EXPECT_EQ(location(saved), "/hub/admin/users/anna") << saved.body;
    EXPECT_TRUE(who->find("anna")->admin);
    EXPECT_THAT(who->find("anna")->groups, ElementsAre("night shift", "staff"));
    EXPECT_EQ(post(root, "/hub/admin/users/ben", {{"name", "anna"}, {"groups", ""}}).status, 400);
    EXPECT_EQ(post(root, "/hub/admin/users/root/delete").status, 400);
    EXPECT_THAT(get(root, "/hub/admin/users/ben/delete").body, HasSubstr("Delete the user “ben”?"));
    EXPECT_EQ(location(post(root, "/hub/admin/users/ben/delete")), "/hub/admin");
    EXPECT_FALSE(who->find("ben"));
}

TEST_F(admin_pages, groups_are_made_changed_deleted) {
    add({"ann", "ben"});
    EXPECT_EQ(location(post(root, "/hub/admin/groups", {{"name", "night shift"}, {"members", "ann"}})),
              "/hub/admin/groups");
    EXPECT_THAT(get(root, "/hub/admin/groups").body, HasSubstr("href=\"/hub/admin/groups/night%20shift\""));
    EXPECT_THAT(post(root, "/hub/admin/groups", {{"name", "other"}, {"members", "zoe"}}).body,
                HasSubstr("No such user: zoe"));
    EXPECT_EQ(
        post(root, "/hub/admin/groups/night%20shift", {{"members", "ben"}, {"properties", "[]"}}).status,
        400);
    EXPECT_EQ(post(root, "/hub/admin/groups/night%20shift",
                   {{"members", "ben"}, {"properties", std::string(100, '[')}})
                  .status,
              400);
    const auto saved = post(root, "/hub/admin/groups/night%20shift",
                            {{"members", "ben"}, {"properties", "{\"project\": \"x\"}"}});
    EXPECT_EQ(saved.status, 303) << saved.body;
    EXPECT_THAT(who->find_group("night shift")->members, ElementsAre(who->find("ben")->id));
    EXPECT_EQ(who->find_group("night shift")->properties, "{\"project\":\"x\"}");
    EXPECT_EQ(location(post(root, "/hub/admin/groups/night%20shift/delete")), "/hub/admin/groups");
    EXPECT_FALSE(who->find_group("night shift"));
}

TEST_F(admin_pages, a_start_that_needs_options_leads_to_the_form) {
    add({"bob"});
    config.catalogue.profiles.push_back(config.catalogue.profiles.front());
    config.catalogue.profiles.back().name = "other";
    EXPECT_EQ(location(post(root, "/hub/admin/start/bob")), "/hub/spawn/bob");
    EXPECT_THAT(post(root, "/hub/admin/selected", {{"do", "start"}, {"user", "bob"}}).body,
                HasSubstr("bob: profile: not given"));
}

struct helpers : page_fixture { // a role that may look and stop, for one group only
    void SetUp() override {
        page_fixture::SetUp();
        std::vector<auth::role> own(1);
        own[0].name = "helper";
        own[0].scopes = {"admin-ui", "list:users!group=course", "read:users!group=course",
                         "read:servers!group=course", "delete:servers!group=course"};
        own[0].users = {"helen"};
        may->change(*auth::make_roles(own), config.services);
    }
};

TEST_F(helpers, see_and_do_what_their_scopes_say) {
    ASSERT_TRUE(run(who->create_users({"ann", "ben"}, false)));
    ASSERT_TRUE(run(who->create_groups({"course"}, {who->find("ann")->id})));
    for (const std::string name : {"ann", "ben"}) {
        auto own = signed_in(name);
        ASSERT_EQ(post(own, "/hub/spawn/" + name, {{"profile", "large"}}).status, 302);
    }
    pass();
    auto helen = signed_in("helen");
    const auto page = get(helen, "/hub/admin");
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body,
                AllOf(HasSubstr(">ann<"), Not(HasSubstr(">ben<")), HasSubstr("/hub/admin/stop/ann"),
                      Not(HasSubstr("/hub/admin/add")), Not(HasSubstr("/hub/admin/groups"))));
    EXPECT_EQ(get(helen, "/hub/admin/users/ben").status, 404);
    EXPECT_EQ(get(helen, "/hub/admin/add").status, 403);
    EXPECT_EQ(post(helen, "/hub/admin/stop/ben").status, 404);
    EXPECT_EQ(post(helen, "/hub/admin/start/ann").status, 404);
    EXPECT_EQ(post(helen, "/hub/admin/users/ann", {{"name", "other"}}).status, 403);
    EXPECT_EQ(post(helen, "/hub/admin/users/ann/delete").status, 404);
    EXPECT_EQ(location(post(helen, "/hub/admin/stop-all")), "/hub/admin?stopped=1");
    pass();
    EXPECT_TRUE(server_of("ben")->active());
}

} // namespace
} // namespace berth::pages
