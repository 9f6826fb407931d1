// SPDX-License-Identifier: BSD-3-Clause
#include "tests/daemon/store/fixture.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace berth::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Opening : public store_fixture {
  protected:
    result<void> open_with(const std::string& url, std::vector<migrations> rooms) {
        auto opened = store::open(io.get_executor(), log, url, std::move(rooms));
        if (!opened) return fail(opened.error());
        db = std::move(*opened);
        return {};
    }
    result<void> open_with(std::vector<migrations> rooms) {
        return open_with("sqlite:" + file(), std::move(rooms));
    }
};

const std::string first = "CREATE TABLE a (x BIGINT)\n;\nINSERT INTO a VALUES (1)\n ; \n";
const std::string second = "ALTER TABLE a ADD COLUMN y TEXT DEFAULT ';'";

TEST_F(Opening, TakesEveryRoomToItsNewestVersion) {
    ASSERT_TRUE(open_with({{"a", {first}}}));
    db.reset();
    ASSERT_TRUE(open_with({{"a", {first, second}}, people()}));
    const auto rows = run(db->query({"SELECT x, y FROM a", {}}));
    ASSERT_TRUE(rows) << rows.error().message;
    ASSERT_EQ(rows->size(), 1u);
    EXPECT_EQ(text(rows->front(), "y"), ";");
    const auto versions = run(db->query({"SELECT room, version FROM schema_version ORDER BY room", {}}));
    ASSERT_EQ(versions->size(), 2u);
    EXPECT_EQ(integer(versions->front(), "version"), 2);
}

TEST_F(Opening, RefusesANewerDatabase) {
    ASSERT_TRUE(open_with({{"a", {first, second}}}));
    db.reset();
    const auto done = open_with({people(), {"a", {first}}});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::conflict);
    EXPECT_THAT(done.error().message,
                AllOf(HasSubstr(file()), HasSubstr("newer program"), HasSubstr("\"a\" at version 2")));
    ASSERT_TRUE(open_with({{"a", {first, second}}})); // and left it as it was
    EXPECT_EQ(run(db->query({"SELECT * FROM schema_version", {}}))->size(), 1u);
}

TEST_F(Opening, AStepThatFailsLeavesNothingOfItself) {
    const auto done = open_with({{"a", {first, second + "\n;\nINSERT INTO nowhere VALUES (1)"}}});
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().message, AllOf(HasSubstr("\"a\" to version 2"), HasSubstr("nowhere")));
    ASSERT_TRUE(open_with({{"a", {first, second}}}));
}

TEST_F(Opening, WorksInMemory) {
    ASSERT_TRUE(open_with("sqlite::memory:", {people()}));
    EXPECT_TRUE(run(db->commit({insert("al", 1)})));
    EXPECT_EQ(ages().size(), 1u);
}

TEST_F(Opening, RefusesOtherUrls) {
    for (const auto* url :
         {"", "berth.sqlite", "sqlite:", "sqlite:relative", "postgresql://x/y", "sqlite:/a\"b"}) {
        const auto done = open_with(url, {});
        ASSERT_FALSE(done) << url;
        EXPECT_EQ(done.error().code, errc::invalid_argument) << url;
    }
}

TEST_F(Opening, TightensALooseFile) {
    ASSERT_TRUE(open_with({people()}));
    db.reset();
    ASSERT_EQ(chmod(file().c_str(), 0644), 0);
    ASSERT_TRUE(open_with({people()}));
    struct stat info{};
    ASSERT_EQ(stat(file().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(Opening, NamesAMissingDirectory) {
    const auto done = open_with("sqlite:" + (dir.path / "no" / "berth.sqlite").string(), {});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::io_error);
    EXPECT_THAT(done.error().message,
                AllOf(HasSubstr("/no/berth.sqlite"), HasSubstr("must exist and be writable")));
}

TEST_F(Opening, NamesWhatIsNoDatabase) {
    std::ofstream(file()) << std::string(5000, 'x');
    const auto done = open_with({people()});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::io_error);
    EXPECT_THAT(done.error().message, AllOf(HasSubstr(file()), HasSubstr("restore it from a backup")));
}

// Root may write anywhere, so the attempt is made by a child that is somebody else.
TEST_F(Opening, NamesADirectoryThatMayNotBeWritten) {
    ASSERT_EQ(chmod(dir.path.c_str(), 0555), 0);
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setuid(65534) != 0) _exit(1);
        const auto done = open_with({people()});
        const auto words = done ? "opened" : done.error().message;
        _exit(write(ends[1], words.data(), words.size()) < 0);
    }
    close(ends[1]);
    std::string words(1000, '\0');
    words.resize(static_cast<std::size_t>(std::max<ssize_t>(0, read(ends[0], words.data(), words.size()))));
    close(ends[0]);
    waitpid(child, nullptr, 0);
    EXPECT_THAT(words,
                AllOf(HasSubstr(file()), HasSubstr("Permission denied"), HasSubstr("writable for uid")));
    chmod(dir.path.c_str(), 0700);
}

} // namespace
} // namespace berth::store
