// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/shares.hpp"

#include "tests/hubapi/model/stored.hpp"

namespace berth::hub {
namespace {

using namespace std::chrono_literals;
using scopes = std::set<std::string>;

const scheduler::server_key al_n1{1, "n1"}, al_default{1, ""};
const grantee bo{false, 2}, cy{false, 3}, team{true, 1};

class shares_test : public stored_test {
  protected:
    std::vector<store::migrations> tables() override { return {shares::tables()}; }
    void make() override {
        all_.emplace(time_, *db_);
        ASSERT_TRUE(run_coro(io_, all_->load()));
    }
    bool grant(const scheduler::server_key& server, const grantee& with, scopes what = {"access:servers"}) {
        return run_coro(io_, all_->grant(server, with, std::move(what))).has_value();
    }
    scopes shared(const grantee& with) {
        const auto* s = all_->find(al_n1, with);
        return s ? s->scopes : scopes{};
    }

    std::optional<shares> all_;
};

TEST_F(shares_test, shares_and_codes_are_there_after_a_restart) {
    ASSERT_TRUE(grant(al_n1, bo));
    ASSERT_TRUE(grant(al_n1, bo, {"read:servers"}));
    ASSERT_TRUE(grant(al_default, team));
    const auto code = run_coro(io_, all_->issue_code(al_n1, {"access:servers"}, 1h));
    ASSERT_TRUE(code);
    reopen();
    EXPECT_EQ(shared(bo), (scopes{"access:servers", "read:servers"}));
    EXPECT_EQ(all_->of_owner(1).size(), 2u);
    EXPECT_EQ(all_->with(team).size(), 1u);
    ASSERT_TRUE(all_->find_code(code->code));
    EXPECT_EQ(all_->find_code(code->code)->id, code->id);
    EXPECT_FALSE(all_->find_code("x" + code->code));
}

TEST_F(shares_test, what_the_disk_refuses_is_taken_back) {
    ASSERT_TRUE(grant(al_n1, bo));
    db_->broken = true;
    EXPECT_FALSE(grant(al_n1, bo, {"read:servers"}));
    EXPECT_FALSE(grant(al_n1, cy));
    EXPECT_FALSE(run_coro(io_, all_->issue_code(al_n1, {"access:servers"}, 1h)));
    EXPECT_FALSE(run_coro(io_, all_->revoke(al_n1, bo, {})));
    EXPECT_EQ(shared(bo), (scopes{"access:servers"}));
    EXPECT_TRUE(shared(cy).empty());
    EXPECT_TRUE(all_->codes_of_owner(1).empty());
}

TEST_F(shares_test, revokes_some_scopes_or_all) {
    ASSERT_TRUE(grant(al_n1, bo, {"access:servers", "read:servers"}));
    ASSERT_TRUE(run_coro(io_, all_->revoke(al_n1, bo, {"read:servers", "start:servers"})));
    EXPECT_EQ(shared(bo), (scopes{"access:servers"}));
    ASSERT_TRUE(run_coro(io_, all_->revoke(al_n1, bo, {"access:servers"})));
    EXPECT_FALSE(all_->find(al_n1, bo));
    ASSERT_TRUE(run_coro(io_, all_->revoke(al_n1, bo, {})));
    ASSERT_TRUE(grant(al_n1, cy));
    ASSERT_TRUE(grant(al_n1, team));
    ASSERT_TRUE(grant(al_default, cy));
    ASSERT_TRUE(run_coro(io_, all_->revoke_all(al_n1)));
    reopen();
    EXPECT_EQ(all_->of_owner(1).size(), 1u);
}

TEST_F(shares_test, a_code_is_good_for_many_until_it_expires) {
    const auto code = run_coro(io_, all_->issue_code(al_n1, {"access:servers"}, 1min));
    ASSERT_TRUE(code);
    ASSERT_TRUE(run_coro(io_, all_->exchange(code->id, bo.id)));
    ASSERT_TRUE(run_coro(io_, all_->exchange(code->id, cy.id)));
    EXPECT_EQ(all_->find_code(code->id)->exchange_count, 2);
    EXPECT_TRUE(all_->find_code(code->id)->last_exchanged_at);
    EXPECT_EQ(shared(cy), (scopes{"access:servers"}));
    time_.advance(1min);
    EXPECT_FALSE(all_->find_code(code->code));
    EXPECT_EQ(run_coro(io_, all_->exchange(code->id, 4)).error().code, errc::not_found);
    EXPECT_TRUE(all_->codes_of_server(al_n1).empty());
    ASSERT_TRUE(run_coro(io_, all_->purge_expired()));
    EXPECT_EQ(shared(bo), (scopes{"access:servers"})) << "what was accepted stays";
}

TEST_F(shares_test, what_is_gone_is_not_shared_any_more) {
    ASSERT_TRUE(grant(al_n1, bo));
    ASSERT_TRUE(grant(al_n1, team));
    ASSERT_TRUE(grant({2, "other"}, cy));
    ASSERT_TRUE(run_coro(io_, all_->issue_code(al_n1, {"access:servers"}, 1h)));
    ASSERT_TRUE(run_coro(io_, all_->forget_group(team.id)));
    EXPECT_FALSE(all_->find(al_n1, team));
    db_->broken = true;
    EXPECT_FALSE(run_coro(io_, all_->forget_user(bo.id)));
    EXPECT_TRUE(all_->with(bo).empty()) << "in memory in any case";
    EXPECT_TRUE(all_->of_owner(bo.id).empty());
    db_->broken = false;
    reopen();
    ASSERT_TRUE(run_coro(io_, all_->keep_only([](const auto& server) { return server.user_id != bo.id; },
                                              [](const grantee& with) { return with.is_group || with.id != bo.id; })));
    EXPECT_TRUE(all_->with(bo).empty());
    ASSERT_TRUE(run_coro(io_, all_->forget_server(al_n1)));
    reopen();
    EXPECT_TRUE(all_->of_owner(1).empty());
    EXPECT_TRUE(all_->codes_of_owner(1).empty());
    EXPECT_TRUE(all_->of_owner(bo.id).empty());
}

} // namespace
} // namespace berth::hub
