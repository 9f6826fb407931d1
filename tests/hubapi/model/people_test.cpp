// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/people.hpp"

#include "tests/hubapi/model/stored.hpp"

namespace berth::hub {
namespace {


class people_test : public stored_test {
  protected:
    std::vector<store::migrations> tables() override { return {people::tables()}; }
    void make() override {
        who_.emplace(time_, *db_);
        ASSERT_TRUE(run_coro(io_, who_->load()));
    }
    std::int64_t add(const std::string& name) {
        auto made = run_coro(io_, who_->create_users(std::vector<std::string>(1, name), false));
        return made && !made->empty() ? made->front() : 0;
    }

    std::optional<people> who_;
};

TEST_F(people_test, an_id_never_comes_again) {
    add("al");
    const auto bo = add("bo");
    ASSERT_TRUE(run_coro(io_, who_->remove_user(bo)));
    reopen();
    EXPECT_GT(add("cy"), bo) << "what was left of bo would be cy's";
}

TEST_F(people_test, what_was_acknowledged_is_there_after_a_restart) {
    const auto al = add("al"), bo = add("bo");
    ASSERT_TRUE(run_coro(io_, who_->set_admin(al, true)));
    ASSERT_TRUE(run_coro(io_, who_->rename(bo, "bob")));
    ASSERT_TRUE(run_coro(io_, who_->create_groups({"g", "h"}, std::vector<std::int64_t>(1, al))));
    ASSERT_TRUE(run_coro(io_, who_->add_members("g", std::vector<std::int64_t>(1, bo))));
    ASSERT_TRUE(run_coro(io_, who_->set_properties("g", R"({"partition":"debug"})")));
    reopen();
    EXPECT_TRUE(who_->find("al")->admin);
    EXPECT_EQ(who_->find("bo"), nullptr);
    ASSERT_NE(who_->find("bob"), nullptr);
    EXPECT_TRUE(who_->is_member("bob", "g"));
    EXPECT_FALSE(who_->is_member("bob", "h"));
    EXPECT_EQ(who_->find_group("g")->properties, R"({"partition":"debug"})");
    EXPECT_GT(add("new"), bo) << "an id is never given twice";
}

TEST_F(people_test, what_the_disk_refuses_is_taken_back) {
    const auto al = add("al");
    ASSERT_TRUE(run_coro(io_, who_->create_groups({"g"}, {})));
    db_->broken = true;
    EXPECT_EQ(add("bo"), 0);
    EXPECT_EQ(who_->find("bo"), nullptr);
    EXPECT_FALSE(run_coro(io_, who_->set_admin(al, true)));
    EXPECT_FALSE(who_->find(al)->admin);
    EXPECT_FALSE(run_coro(io_, who_->set_claimed_roles(al, {"front-desk"})));
    EXPECT_TRUE(who_->find(al)->claimed_roles.empty());
    EXPECT_FALSE(run_coro(io_, who_->rename(al, "x")));
    EXPECT_EQ(who_->find("al")->id, al);
    EXPECT_EQ(who_->find("x"), nullptr);
    EXPECT_FALSE(run_coro(io_, who_->add_members("g", std::vector<std::int64_t>(1, al))));
    EXPECT_FALSE(who_->is_member("al", "g"));
    EXPECT_FALSE(run_coro(io_, who_->create_groups({"h"}, std::vector<std::int64_t>(1, al))));
    EXPECT_EQ(who_->find_group("h"), nullptr);
    EXPECT_TRUE(who_->find(al)->groups.empty());
    EXPECT_FALSE(run_coro(io_, who_->remove_group("g")));
    EXPECT_NE(who_->find_group("g"), nullptr);
    EXPECT_FALSE(run_coro(io_, who_->remove_user(al)));
    EXPECT_NE(who_->find("al"), nullptr);
}

TEST_F(people_test, names_are_unique_and_existing_users_skipped) {
    add("al");
    auto made = run_coro(io_, who_->create_users({"al", "bo", "bo"}, false));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->size(), 1u);
    const auto taken = run_coro(io_, who_->rename(made->front(), "al"));
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, errc::already_exists);
}

TEST_F(people_test, permissions_change_with_every_change) {
    auto epoch = who_->epoch();
    const auto al = add("al");
    const auto grew = [&] { return std::exchange(epoch, who_->epoch()) < who_->epoch(); };
    EXPECT_TRUE(grew());
    ASSERT_TRUE(run_coro(io_, who_->create_groups({"g"}, {})));
    EXPECT_TRUE(grew());
    ASSERT_TRUE(run_coro(io_, who_->set_groups(al, {"g", "h"})));
    EXPECT_TRUE(grew());
    EXPECT_TRUE(who_->is_member("al", "h"));
    ASSERT_TRUE(run_coro(io_, who_->set_groups(al, {"h"})));
    EXPECT_FALSE(who_->is_member("al", "g"));
    grew();
    ASSERT_TRUE(run_coro(io_, who_->set_claimed_roles(al, {"front-desk"})));
    EXPECT_TRUE(grew());
    ASSERT_TRUE(run_coro(io_, who_->set_claimed_roles(al, {"front-desk"})));
    EXPECT_FALSE(grew());
    who_->touch(al, time_.now());
    grew();
    who_->touch(al, time_.now() + std::chrono::hours(1));
    EXPECT_FALSE(grew()) << "activity is no permission";
}

TEST_F(people_test, activity_only_grows) {
    const auto al = add("al");
    const auto now = time_.now();
    who_->touch(al, now);
    who_->touch(al, now - std::chrono::seconds(1));
    EXPECT_EQ(who_->find(al)->last_activity, now);
}

} // namespace
} // namespace berth::hub
