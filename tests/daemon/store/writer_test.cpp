// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/store/writer.hpp"

#include "tests/daemon/store/fixture.hpp"

#include <gmock/gmock.h>

namespace berth::store {
namespace {

struct Writer : testing::Test {
    std::unique_ptr<connection> db = *connection::open("sqlite::memory:");
    void SetUp() override {
        ASSERT_TRUE(db->run(people().steps.front()));
        ASSERT_TRUE(
            db->run("CREATE TABLE pets (owner TEXT REFERENCES people (name) DEFERRABLE INITIALLY DEFERRED)"));
    }
    // Which members of the group were written, as "+" and "-"; "!" in front when the disk failed.
    std::string write(const std::vector<changes>& all) {
        std::vector<group_member> group;
        for (const auto& c : all) group.push_back({&c, {}});
        std::string out = write_group(*db, group) ? "" : "!";
        for (const auto& m : group) out += m.outcome ? '+' : '-';
        return out;
    }
    std::string names() {
        std::string out;
        for (const auto& r : *db->query({"SELECT name FROM people ORDER BY name", {}}))
            out += text(r, "name") + " ";
        return out;
    }
};

TEST_F(Writer, UndoesAFailingMemberAlone) {
    EXPECT_EQ(
        write({{insert("a", 1)}, {insert("x", 1), insert("a", 2)}, {insert("b", 1)}, {insert("y", -1)}}),
        "+-+-");
    EXPECT_EQ(names(), "a b ");
}

TEST_F(Writer, FindsTheMemberThatBreaksTheCommit) {
    EXPECT_EQ(write({{insert("a", 1)},
                     {insert("x", 1), {"INSERT INTO pets VALUES ('nobody')", {}}},
                     {insert("b", 1)}}),
              "+-+");
    EXPECT_EQ(names(), "a b ");
}

TEST_F(Writer, OutlivesAMemberThatEndsTheTransaction) {
    EXPECT_EQ(write({{insert("a", 1)},
                     {insert("x", 1), {"INSERT OR ROLLBACK INTO people VALUES ('a', 1)", {}}},
                     {insert("b", 1)}}),
              "+-+");
    EXPECT_EQ(names(), "a b ");
}

TEST_F(Writer, WritesNothingOfAGroupWhenTheDiskFails) {
    ASSERT_TRUE(db->run("PRAGMA max_page_count = 12"));
    EXPECT_EQ(write({{insert("a", 1)}, {insert(std::string(200'000, 'x'), 1)}, {insert("b", 1)}}), "!---");
    EXPECT_EQ(names(), "");
    EXPECT_EQ(write({{insert("a", 1)}}), "+");
}

} // namespace
} // namespace berth::store
