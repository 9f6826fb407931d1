// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/permissions.hpp"

#include "tests/daemon/runtime/run_coro.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>

namespace berth::hub {
namespace {

namespace asio = boost::asio;

class permissions_test : public testing::Test {
  protected:
    permissions_test() {
        auto db = store::open(io_.get_executor(), log_, "sqlite::memory:", {people::tables(), shares::tables()});
        db_ = std::move(*db);
        who_.emplace(time_, *db_);
        shared_.emplace(time_, *db_);
        (void)run_coro(io_, who_->create_users({"al", "bo"}, false));
        auth::role lead;
        lead.name = "lead";
        lead.scopes = {"read:users!group=g", "servers!group=g"};
        lead.groups = {"leads"};
        service s;
        s.name = "portal";
        s.scopes = {"list:users"};
        may_.emplace(*who_, *shared_, *auth::make_roles(std::vector<auth::role>(1, lead)), std::vector<service>(1, s));
    }
    ~permissions_test() override {
        asio::co_spawn(io_, db_->close(), asio::detached);
        io_.restart();
        io_.run();
    }

    const user& al() { return *who_->find("al"); }
    auth::token_record token(std::vector<std::string> scopes) {
        auth::token_record t;
        t.id = ++last_;
        t.user_id = al().id;
        t.scopes = std::move(scopes);
        return t;
    }
    bool may(const permissions::scopes& s, std::string_view scope, const auth::target& t) { return s->covers(scope, t, *who_); }

    asio::io_context io_;
    null_logger log_;
    manual_clock time_;
    std::unique_ptr<store::database> db_;
    std::optional<people> who_;
    std::optional<shares> shared_;
    std::optional<permissions> may_;
    std::int64_t last_ = 0;
};

TEST_F(permissions_test, a_user_may_do_everything_of_their_own) {
    const auto s = may_->of_user(al());
    EXPECT_TRUE(may(s, "start:servers", auth::target::of_server("al", "x")));
    EXPECT_TRUE(may(s, "tokens", auth::target::of_user("al")));
    EXPECT_FALSE(may(s, "read:users", auth::target::of_user("bo")));
    EXPECT_FALSE(s->has("list:users"));
}

TEST_F(permissions_test, what_is_shared_is_there_until_it_is_revoked) {
    const auto bo = who_->find("bo")->id, al_id = al().id;
    const scheduler::server_key server{al_id, "n1"};
    const auto target = auth::target::of_server("al", "n1");
    const auto by_bo = [&] { return may(may_->of_user(*who_->find("bo")), "access:servers", target); };
    EXPECT_FALSE(by_bo());
    ASSERT_TRUE(run_coro(io_, shared_->grant(server, {false, bo}, {"access:servers"})));
    EXPECT_TRUE(by_bo());
    EXPECT_FALSE(may(may_->of_user(*who_->find("bo")), "access:servers", auth::target::of_server("al", "n2")));
    EXPECT_FALSE(may(may_->of_user(*who_->find("bo")), "delete:servers", target));
    ASSERT_TRUE(run_coro(io_, who_->rename(al_id, "alix")));
    EXPECT_TRUE(may(may_->of_user(*who_->find("bo")), "access:servers", auth::target::of_server("alix", "n1")));
    ASSERT_TRUE(run_coro(io_, who_->rename(al_id, "al")));
    ASSERT_TRUE(run_coro(io_, shared_->revoke(server, {false, bo}, {})));
    EXPECT_FALSE(by_bo());
    ASSERT_TRUE(run_coro(io_, who_->create_groups({"g"}, {})));
    ASSERT_TRUE(run_coro(io_, shared_->grant(server, {true, who_->find_group("g")->id}, {"access:servers"})));
    EXPECT_FALSE(by_bo());
    ASSERT_TRUE(run_coro(io_, who_->add_members("g", {bo})));
    EXPECT_TRUE(by_bo());
}

TEST_F(permissions_test, an_admin_loses_everything_with_the_flag_and_so_do_their_tokens) {
    ASSERT_TRUE(run_coro(io_, who_->set_admin(al().id, true)));
    const auto t = token({"admin:users"});
    EXPECT_TRUE(may_->of_user(al())->everywhere("admin:users"));
    EXPECT_TRUE(may_->of_token(t)->everywhere("admin:users"));
    ASSERT_TRUE(run_coro(io_, who_->set_admin(al().id, false)));
    EXPECT_FALSE(may_->of_user(al())->has("admin:users"));
    EXPECT_FALSE(may_->of_token(t)->has("admin:users"));
}

TEST_F(permissions_test, a_groups_role_comes_and_goes_with_membership) {
    ASSERT_TRUE(run_coro(io_, who_->create_groups({"g"}, std::vector<std::int64_t>(1, who_->find("bo")->id))));
    EXPECT_FALSE(may(may_->of_user(al()), "read:users", auth::target::of_user("bo")));
    ASSERT_TRUE(run_coro(io_, who_->create_groups({"leads"}, std::vector<std::int64_t>(1, al().id))));
    EXPECT_TRUE(may(may_->of_user(al()), "read:users", auth::target::of_user("bo")));
    EXPECT_TRUE(may(may_->of_user(al()), "start:servers", auth::target::of_server("bo", "")));
    ASSERT_TRUE(run_coro(io_, who_->remove_members("g", std::vector<std::int64_t>(1, who_->find("bo")->id))));
    EXPECT_FALSE(may(may_->of_user(al()), "read:users", auth::target::of_user("bo")));
}

TEST_F(permissions_test, a_token_is_cut_down_to_its_owner_and_may_tell_whose_it_is) {
    const auto wide = may_->of_token(token({"admin:groups", "shutdown", "read:users:name!user=bo"}));
    const std::vector<std::string> identify{"read:users:groups!user=al", "read:users:name!user=al"};
    EXPECT_EQ(wide->to_strings(), identify);
    EXPECT_EQ(*may_->of_token(token({"inherit"})), *may_->of_user(al()));
}

TEST_F(permissions_test, a_servers_token_is_for_that_server) {
    auto t = token({"users:activity!user", "access:servers!server"});
    t.is_server = true;
    t.server = "al/n1";
    const std::vector<std::string> expected{"access:servers!server=al/n1", "read:users:activity!user=al", "read:users:groups!user=al",
                                            "read:users:name!user=al", "users:activity!user=al"};
    EXPECT_EQ(may_->of_token(t)->to_strings(), expected);
}

TEST_F(permissions_test, services_and_owners_that_are_gone) {
    EXPECT_TRUE(may_->of_service("portal")->everywhere("list:users"));
    EXPECT_EQ(may_->of_service("nobody"), nullptr);
    const auto t = token({"inherit"});
    ASSERT_TRUE(run_coro(io_, who_->remove_user(al().id)));
    EXPECT_EQ(may_->of_token(t), nullptr);
}

TEST_F(permissions_test, roles_are_named_in_order) {
    EXPECT_EQ(may_->roles_of(al()), std::vector<std::string>(1, "user"));
    ASSERT_TRUE(run_coro(io_, who_->set_admin(al().id, true)));
    const std::vector<std::string> both{"admin", "user"};
    EXPECT_EQ(may_->roles_of(al()), both);
}

} // namespace
} // namespace berth::hub
