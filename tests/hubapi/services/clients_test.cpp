// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/oauth/clients.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace berth::hub {
namespace {

namespace asio = boost::asio;
using scopes = std::vector<std::string>;

struct nobody_in_groups final : auth::directory {
    bool is_member(std::string_view, std::string_view) const override { return false; }
};

class clients : public testing::Test {
  protected:
    clients() {
        auto db = store::open(io_.get_executor(), log_, "sqlite::memory:", {people::tables(), shares::tables()});
        db_ = std::move(*db);
        who_.emplace(time_, *db_);
        shared_.emplace(time_, *db_);
        auth::custom_scopes custom{{"custom:lab", {"custom:lab", "Use the lab", {}}}};
        auth::role reader;
        reader.name = "reader";
        reader.scopes = {"read:servers!user", "custom:lab"};
        auto roles = *auth::make_roles(std::vector<auth::role>(1, reader), custom);
        may_.emplace(*who_, *shared_, std::move(roles), std::vector<service>{}, std::move(custom));
        has({"self", "custom:lab", "read:services!service=portal", "access:services"});
    }
    ~clients() override {
        asio::co_spawn(io_, db_->close(), asio::detached);
        io_.run();
    }
    void has(const scopes& raw) {
        al_.name = "al";
        al_.scopes = std::make_shared<auth::scope_set>(
            auth::expand(raw, {auth::scope_owner::kind::user, "al", "", ""}, may_->custom_scopes()));
    }
    std::optional<scopes> granted(const oauth_client& c, const std::string& asked) { return grantable(c, al_, asked, *may_, nobody_); }

    asio::io_context io_;
    null_logger log_;
    manual_clock time_;
    std::unique_ptr<store::database> db_;
    std::optional<people> who_;
    std::optional<shares> shared_;
    std::optional<permissions> may_;
    nobody_in_groups nobody_;
    principal al_;
};

oauth_client portal(scopes allowed = {"read:servers!user", "read:services!service=portal", "custom:lab"}) {
    oauth_client c;
    c.id = "service-portal";
    c.service = "portal";
    c.allowed_scopes = std::move(allowed);
    return c;
}

scopes with_required(scopes more) {
    scopes all{"access:services!service=portal", "read:users:name!user", "read:users:groups!user"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

struct row {
    std::string asked;
    std::optional<scopes> granted; // besides the three that every token has
};

TEST_F(clients, a_service_is_granted_what_it_asks_for_within_its_bounds) {
    const row rows[] = {
        {"", scopes{"read:servers!user", "read:services!service=portal", "custom:lab"}},
        {"identify", scopes{}},
        {"read:servers!user", scopes{"read:servers!user"}},
        {"read:servers!user read:servers!user", scopes{"read:servers!user"}},
        {"read:services!service", scopes{"read:services!service=portal"}},
        {"read:services:name!service=portal", scopes{"read:services:name!service=portal"}}, // a part of what it may have
        {"reader", scopes{"read:servers!user", "custom:lab"}},
        {"reader identify", scopes{"read:servers!user", "custom:lab"}},
        {"custom:lab!user", scopes{"custom:lab!user"}},
        {"access:services!service", scopes{}},
        {"user", std::nullopt}, // a role that holds more
        {"reader read:servers!user", std::nullopt}, // as JupyterHub: the one or the other
        {"nonsense", std::nullopt},
        {"custom:other", std::nullopt},
        {"inherit", std::nullopt},
        {"admin:users", std::nullopt},
        {"read:servers", std::nullopt},
        {"access:services!service=other", std::nullopt},
    };
    for (const auto& [asked, more] : rows) {
        auto got = granted(portal(), asked);
        ASSERT_EQ(got.has_value(), more.has_value()) << asked;
        if (got) EXPECT_EQ(*got, with_required(*more)) << asked;
    }
}

TEST_F(clients, of_what_a_service_may_have_a_user_gives_what_is_theirs) {
    EXPECT_EQ(granted(portal({"admin:users", "read:servers", "shutdown", "tokens!user"}), ""),
              with_required({"read:users!user=al", "read:users:activity!user=al", "users:activity!user=al", "read:servers!user=al", "tokens!user"}));
    has({"shutdown", "access:services"});
    EXPECT_EQ(granted(portal({"admin:users", "shutdown", "read:servers"}), ""), with_required({"shutdown"}));
    EXPECT_EQ(granted(portal({"inherit"}), ""), with_required({"inherit"}));
}

TEST_F(clients, a_server_is_granted_access_and_nothing_else) {
    oauth_client c;
    c.server = "al/n1";
    EXPECT_EQ(granted(c, "access:servers!server identify"),
              (scopes{"access:servers!server=al/n1", "read:users:name!user", "read:users:groups!user"}));
    EXPECT_FALSE(granted(c, "access:services!service"));
    EXPECT_FALSE(granted(c, "reader"));
}

} // namespace
} // namespace berth::hub
