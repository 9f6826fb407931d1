// SPDX-License-Identifier: BSD-3-Clause
#include "tests/daemon/store/fixture.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace berth::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using ages_map = std::map<std::string, std::int64_t>;

class Database : public store_fixture {
  protected:
    void SetUp() override { open_people(); }
    // Starts them all before the first can be answered, so that they wait together.
    std::vector<result<void>> commit_together(std::vector<changes> all) {
        std::vector<result<void>> outcomes(all.size());
        for (std::size_t i = 0; i < all.size(); ++i)
            boost::asio::co_spawn(io, db->commit(all[i]),
                                  [&, i](const std::exception_ptr&, result<void> r) { outcomes[i] = r; });
        io.restart();
        io.run();
        return outcomes;
    }
};

TEST_F(Database, KeepsEveryTypeOfValue) {
    const std::int64_t late = std::int64_t(1) << 60;
    ASSERT_TRUE(run(db->commit(
        {{"CREATE TABLE kinds (i INTEGER, r REAL, t TEXT, n TEXT)", {}},
         {"INSERT INTO kinds VALUES (:i, :r, :t, :n)",
          {{"i", late}, {"r", 1.0 / 3}, {"t", std::string("a\0'\xc3\xa9", 5)}, {"n", nullptr}}}})));
    const auto rows = run(db->query({"SELECT *, COUNT(*) AS c FROM kinds", {}}));
    ASSERT_TRUE(rows) << rows.error().message;
    const row expected{{"i", late},
                       {"r", 1.0 / 3},
                       {"t", std::string("a\0'\xc3\xa9", 5)},
                       {"n", nullptr},
                       {"c", std::int64_t(1)}};
    EXPECT_THAT(*rows, ElementsAre(expected));
}

TEST_F(Database, QueryTakesParametersAndAnswersInOrder) {
    ASSERT_TRUE(run(db->commit({insert("al", 1), insert("bo", 2), insert("cy", 3)})));
    const auto rows = run(db->query(
        {"SELECT name FROM people WHERE age >= :least ORDER BY age DESC", {{"least", std::int64_t(2)}}}));
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 2u);
    EXPECT_EQ(text(rows->at(0), "name"), "cy");
    EXPECT_EQ(text(rows->at(1), "name"), "bo");
}

TEST_F(Database, ChangesOfOneCommitApplyTogetherOrNotAtAll) {
    const auto done = run(db->commit({insert("al", 1), insert("bo", -1)}));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::conflict);
    EXPECT_THAT(ages(), IsEmpty());
}

TEST_F(Database, AFailingCommitFailsItsCallerAlone) {
    const auto outcomes =
        commit_together({{insert("al", 1)}, {insert("zz", 5), insert("al", 2)}, {insert("bo", 3)}});
    EXPECT_TRUE(outcomes[0]);
    EXPECT_FALSE(outcomes[1]);
    EXPECT_TRUE(outcomes[2]);
    EXPECT_THAT(ages(), ElementsAre(Pair("al", 1), Pair("bo", 3)));
    EXPECT_FALSE(db->trouble());
}

TEST_F(Database, AConstraintDeferredToTheCommitFailsItsCallerAlone) {
    ASSERT_TRUE(run(db->commit(
        {{"CREATE TABLE pets (owner TEXT REFERENCES people (name) DEFERRABLE INITIALLY DEFERRED)", {}}})));
    const auto outcomes =
        commit_together({{insert("al", 1)}, {{"INSERT INTO pets VALUES ('nobody')", {}}}, {insert("bo", 2)}});
    EXPECT_TRUE(outcomes[0]);
    EXPECT_FALSE(outcomes[1]);
    EXPECT_TRUE(outcomes[2]);
    EXPECT_THAT(ages(), ElementsAre(Pair("al", 1), Pair("bo", 2)));
}

TEST_F(Database, CommitsApplyInTheOrderOfCalls) {
    std::vector<changes> all{{insert("al", 0)}};
    for (std::int64_t i = 1; i <= 2500; ++i)
        all.push_back({{"UPDATE people SET age = age * 3 % 1000003 + :i", {{"i", i}}}});
    for (const auto& outcome : commit_together(all)) ASSERT_TRUE(outcome) << outcome.error().message;
    std::int64_t expected = 0;
    for (std::int64_t i = 1; i <= 2500; ++i) expected = expected * 3 % 1000003 + i;
    EXPECT_THAT(ages(), ElementsAre(Pair("al", expected)));
    EXPECT_EQ(db->pending(), 0u);
}

TEST_F(Database, WrongSqlAndWrongParametersAreBugsThatShowNoValue) {
    const auto sql = run(db->commit({{"INSERT INTO nowhere VALUES (:s)", {{"s", "hunter2"}}}}));
    ASSERT_FALSE(sql);
    EXPECT_EQ(sql.error().code, errc::internal);
    EXPECT_THAT(sql.error().message, HasSubstr("nowhere"));
    EXPECT_THAT(sql.error().message, testing::Not(HasSubstr("hunter2")));
    ASSERT_TRUE(run(db->commit({insert("al", 1)})));
    const auto missing =
        run(db->commit({{"INSERT INTO people (name, age) VALUES (:name, :age)", {{"name", "bo"}}}}));
    EXPECT_FALSE(missing);
    const auto clash = run(db->commit({insert("al", 31337)}));
    ASSERT_FALSE(clash);
    EXPECT_THAT(clash.error().message, testing::Not(HasSubstr("31337")));
}

TEST_F(Database, WriteBehindKeepsTheLastOfAKeyAndGoesWithTheNextCommit) {
    ASSERT_TRUE(run(db->commit(
        {insert("al", 1),
         insert("bo", 1),
         {"CREATE TABLE seen (age BIGINT)", {}},
         {"CREATE TRIGGER t AFTER UPDATE ON people BEGIN INSERT INTO seen VALUES (NEW.age); END", {}}})));
    for (int i = 10; i <= 20; ++i) db->write_behind("al", set_age("al", i));
    ASSERT_TRUE(run(db->commit({insert("cy", 3)})));
    EXPECT_THAT(ages(), ElementsAre(Pair("al", 20), Pair("bo", 1), Pair("cy", 3)));
    EXPECT_EQ(run(db->query({"SELECT * FROM seen", {}}))->size(), 1u);
}

TEST_F(Database, WriteBehindKeepsItsPlaceAmongCommits) {
    db->write_behind("before", set_age("al", 7)); // there is no al yet
    const auto outcomes = commit_together({{insert("al", 1)}});
    ASSERT_TRUE(outcomes[0]);
    EXPECT_THAT(ages(), ElementsAre(Pair("al", 1)));
    db->write_behind("after", set_age("al", 9));
    EXPECT_THAT(ages(), ElementsAre(Pair("al", 9))); // a query sees what was written before it
}

TEST_F(Database, ABadWriteBehindHarmsNobody) {
    db->write_behind("bad", {"UPDATE nowhere SET x = 1", {}});
    EXPECT_TRUE(run(db->commit({insert("al", 1)})));
    EXPECT_THAT(ages(), ElementsAre(Pair("al", 1)));
}

TEST_F(Database, CloseWritesWhatWaitsAndRefusesWhatComesAfter) {
    ASSERT_TRUE(run(db->commit({insert("al", 1)})));
    db->write_behind("al", set_age("al", 42));
    result<void> last;
    boost::asio::co_spawn(io, db->commit({insert("bo", 2)}),
                          [&](const std::exception_ptr&, result<void> r) { last = r; });
    run(db->close());
    EXPECT_TRUE(last);
    const auto late = run(db->commit({insert("cy", 3)}));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, errc::cancelled);
    run(db->close()); // twice is once
    EXPECT_FALSE(std::filesystem::exists(file() + "-wal"));
    db.reset();
    open_people();
    EXPECT_THAT(ages(), ElementsAre(Pair("al", 42), Pair("bo", 2)));
}

TEST_F(Database, AFullDiskChangesNothingSaysSoAndPasses) {
    ASSERT_TRUE(run(db->commit({insert("al", 1)})));
    ASSERT_TRUE(run(db->query({"PRAGMA max_page_count = 12", {}})));
    db->write_behind("al", set_age("al", 2));
    const auto outcome = run(db->commit({insert("bo", 2), insert(std::string(200'000, 'x'), 1)}));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, errc::io_error);
    EXPECT_THAT(outcome.error().message, testing::AllOf(HasSubstr(file()), HasSubstr("free some space")));
    ASSERT_TRUE(db->trouble());
    ASSERT_TRUE(run(db->query({"PRAGMA max_page_count = 100000", {}})));
    EXPECT_TRUE(run(db->commit({insert("bo", 2)})));
    EXPECT_FALSE(db->trouble());
    EXPECT_THAT(ages(), ElementsAre(Pair("al", 2), Pair("bo", 2))); // what was to be written behind was kept
}

TEST_F(Database, TheFilesAreForTheirOwnerAlone) {
    ASSERT_TRUE(run(db->commit({insert("al", 1)})));
    for (const auto* suffix : {"", "-wal", "-shm"}) {
        struct stat info{};
        ASSERT_EQ(stat((file() + suffix).c_str(), &info), 0) << suffix;
        EXPECT_EQ(info.st_mode & 0777, 0600u) << suffix;
    }
}

TEST_F(Database, SurvivesBeingDestroyedWithoutClose) {
    db->write_behind("al", insert("al", 1));
    db.reset();
    open_people();
    EXPECT_THAT(ages(), ElementsAre(Pair("al", 1)));
}

} // namespace
} // namespace berth::store
