// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/service_list.hpp"

#include "tests/hubapi/model/stored.hpp"

namespace berth::hub {
namespace {

namespace asio = boost::asio;

constexpr std::string_view token_value = "portal-token-0123456789";

service portal() {
    service s;
    s.name = "portal";
    s.url = "http://127.0.0.1:9";
    s.info = R"({"a":[1]})";
    s.display = false;
    s.client_id = "service-portal";
    s.redirect_uri = "/services/portal/oauth_callback";
    s.allowed_scopes = {"read:servers!user"};
    s.confirm = false;
    return s;
}

service configured(const std::string& name) {
    service s;
    s.name = name;
    s.client_id = "service-" + name;
    return s;
}

class service_list_test : public stored_test {
  protected:
    std::vector<store::migrations> tables() override { return {people::tables(), shares::tables(), auth::token_store::tables(), service_list::tables()}; }
    void make() override {
        who_.emplace(time_, *db_);
        shared_.emplace(time_, *db_);
        tokens_.emplace(time_, log_, *db_);
        may_.emplace(*who_, *shared_, *auth::make_roles({}), config_.services);
        all_.emplace(time_, log_, *db_, *tokens_, *may_, config_);
        ASSERT_TRUE(run_coro(io_, tokens_->load()));
        ASSERT_TRUE(run_coro(io_, all_->load()));
    }
    std::optional<errc> add(service s, std::string_view token = "") {
        auto done = run_coro(io_, all_->add(std::move(s), secret(std::string(token))));
        return done ? std::nullopt : std::optional(done.error().code);
    }
    std::optional<errc> remove(const std::string& name) {
        auto done = run_coro(io_, all_->remove(name));
        return done ? std::nullopt : std::optional(done.error().code);
    }
    bool speaks(std::string_view token = token_value) {
        const auto* t = tokens_->authenticate(token);
        return t && may_->of_token(*t);
    }
    std::int64_t token_of_a_user() {
        auth::token_record t;
        t.user_id = 7;
        t.client_id = "service-portal";
        return run_coro(io_, tokens_->issue(t))->id;
    }

    settings config_;
    std::optional<people> who_;
    std::optional<shares> shared_;
    std::optional<auth::token_store> tokens_;
    std::optional<permissions> may_;
    std::optional<service_list> all_;
};

TEST_F(service_list_test, an_added_one_and_its_token_outlive_the_hub) {
    EXPECT_EQ(add(portal(), token_value), std::nullopt);
    EXPECT_TRUE(speaks());
    reopen();
    ASSERT_TRUE(all_->find("portal"));
    EXPECT_EQ(*all_->find("portal"), portal());
    EXPECT_EQ(all_->find_client("service-portal"), all_->find("portal"));
    EXPECT_TRUE(all_->is_added("portal"));
    EXPECT_TRUE(speaks());
}

TEST_F(service_list_test, a_usual_callback_follows_the_base_url) {
    add(portal());
    config_.base_url = "/hpc/";
    reopen();
    EXPECT_EQ(all_->find("portal")->redirect_uri, "/hpc/services/portal/oauth_callback");
}

TEST_F(service_list_test, removed_with_its_tokens_and_those_of_its_users) {
    add(portal(), token_value);
    const auto id = token_of_a_user();
    EXPECT_EQ(remove("portal"), std::nullopt);
    for (int i = 0; i < 2; ++i) {
        EXPECT_FALSE(all_->find("portal") || speaks() || tokens_->find(id));
        reopen();
    }
    EXPECT_EQ(remove("portal"), errc::not_found);
    EXPECT_EQ(add(portal(), token_value), std::nullopt) << "name and token may come again";
}

TEST_F(service_list_test, what_the_disk_does_not_take_is_not_there) {
    db_->broken = true;
    EXPECT_EQ(add(portal(), token_value), errc::io_error);
    EXPECT_FALSE(all_->find("portal") || speaks());
    db_->broken = false;
    EXPECT_EQ(add(portal(), token_value), std::nullopt);
    db_->broken = true;
    EXPECT_EQ(remove("portal"), errc::io_error);
    EXPECT_TRUE(all_->find("portal")) << "it may be removed again";
    EXPECT_FALSE(speaks()) << "dead in any case";
    db_->broken = false;
    EXPECT_EQ(remove("portal"), std::nullopt);
    reopen();
    EXPECT_FALSE(all_->find("portal"));
}

TEST_F(service_list_test, names_clients_and_tokens_are_each_their_own) {
    config_.services = {configured("bench")};
    EXPECT_EQ(add(configured("bench")), errc::already_exists);
    add(portal(), token_value);
    EXPECT_EQ(add(portal()), errc::already_exists);
    auto other = portal();
    other.name = "other";
    EXPECT_EQ(add(other), errc::invalid_argument) << "the same client";
    other.client_id = "service-other";
    EXPECT_EQ(add(other, token_value), errc::invalid_argument) << "the same token";
    EXPECT_EQ(add(other, "short"), errc::invalid_argument);
    EXPECT_FALSE(all_->find("other"));
    EXPECT_EQ(all_->all().size(), 2u);
    EXPECT_EQ(remove("bench"), errc::not_found) << "the configuration's";
}

TEST_F(service_list_test, no_more_than_a_thousand) {
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(add(configured("s" + std::to_string(i))), std::nullopt);
    EXPECT_EQ(add(portal()), errc::limit_exceeded);
}

TEST_F(service_list_test, the_configuration_s_name_or_client_ends_an_added_one) {
    for (auto taken : {configured("portal"), configured("gate")}) {
        if (taken.name == "gate") taken.client_id = "service-portal";
        config_.services.clear();
        reopen();
        add(portal(), token_value);
        config_.services = {taken};
        reopen();
        EXPECT_FALSE(all_->is_added("portal") || speaks()) << taken.name;
        EXPECT_EQ(all_->all().size(), 1u);
    }
}

TEST_F(service_list_test, an_added_one_that_cannot_make_way_speaks_for_nobody) {
    add(portal(), token_value);
    db_->broken = true;
    asio::co_spawn(io_, all_->make_way(std::vector<service>(1, configured("portal"))), asio::detached);
    io_.restart();
    io_.run();
    auto mine = configured("portal");
    mine.scopes = {"list:users"};
    config_.services = {mine};
    may_->change(all_->values());
    EXPECT_FALSE(speaks());
    EXPECT_TRUE(may_->of_service("portal")->has("list:users")) << "the configuration's rights, whatever the order";
    db_->broken = false;
}

} // namespace
} // namespace berth::hub
