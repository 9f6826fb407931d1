// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/secret_file.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace berth {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct SecretFile : testing::Test {
    std::string dir = "/tmp/berth-secret-XXXXXX";
    void SetUp() override { ASSERT_TRUE(mkdtemp(dir.data())); }
    void TearDown() override { std::filesystem::remove_all(dir); }
    std::string file(const std::string& name = "s") const { return dir + "/" + name; }
    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(dir), {}));
    }
    static unsigned mode(const std::string& path) {
        struct stat info{};
        return stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
    }
};

TEST_F(SecretFile, IsMadeOnceAndKept) {
    const auto made = read_or_create_secret(file());
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->reveal().size(), 64u);
    EXPECT_EQ(mode(file()), 0600u);
    EXPECT_EQ(*read_or_create_secret(file()), *made);
    EXPECT_EQ(files(), 1u);
}

TEST_F(SecretFile, IsRefusedWhenOthersMayUseIt) {
    ASSERT_TRUE(write_file(file(), "hunter2\n"));
    EXPECT_EQ(read_secret_file(file())->reveal(), "hunter2");
    for (const auto m : {0640u, 0604u, 0660u, 0610u}) {
        chmod(file().c_str(), m);
        const auto r = read_or_create_secret(file());
        ASSERT_FALSE(r);
        EXPECT_EQ(r.error().code, errc::denied);
        EXPECT_THAT(r.error().message, AllOf(HasSubstr("chmod 600 " + file()), HasSubstr("mode 06"),
                                             testing::Not(HasSubstr("hunter2"))));
    }
    chmod(file().c_str(), 0400);
    EXPECT_TRUE(read_secret_file(file()));
}

TEST_F(SecretFile, IsRefusedWhenItIsSomebodyElses) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
    ASSERT_TRUE(write_file(file(), "x"));
    ASSERT_EQ(chown(file().c_str(), 12345, 12345), 0);
    EXPECT_THAT(read_secret_file(file()).error().message,
                AllOf(HasSubstr("belongs to uid 12345"), HasSubstr("chown")));
    ASSERT_EQ(chown(dir.c_str(), 12345, 12345), 0); // the data directory of a hub that drops to this user
    EXPECT_TRUE(read_secret_file(file()));
    EXPECT_TRUE(make_private_directory(dir));
}

TEST_F(SecretFile, IsRefusedWhenMissingEmptyLargeOrNoFile) {
    EXPECT_EQ(read_secret_file(file()).error().code, errc::not_found);
    ASSERT_TRUE(write_file(file("empty"), " \n"));
    EXPECT_EQ(read_secret_file(file("empty")).error().code, errc::invalid_argument);
    ASSERT_TRUE(write_file(file("large"), std::string(100'000, 'x')));
    EXPECT_EQ(read_secret_file(file("large")).error().code, errc::invalid_argument);
    ASSERT_EQ(mkfifo(file("fifo").c_str(), 0600), 0);
    EXPECT_EQ(read_secret_file(file("fifo")).error().code, errc::invalid_argument);
    EXPECT_EQ(read_secret_file(dir).error().code, errc::invalid_argument);
}

TEST_F(SecretFile, DirectoriesAreTheOwnersAlone) {
    ASSERT_TRUE(make_private_directory(file("d")));
    EXPECT_EQ(mode(file("d")), 0700u);
    EXPECT_TRUE(make_private_directory(file("d")));
    chmod(file("d").c_str(), 0770);
    EXPECT_THAT(make_private_directory(file("d")).error().message, HasSubstr("chmod 700"));
    EXPECT_EQ(make_private_directory(file("a/b")).error().code, errc::not_found);
    ASSERT_TRUE(write_file(file(), ""));
    EXPECT_FALSE(make_private_directory(file()));
}

TEST_F(SecretFile, FilesAreReplacedWhole) {
    ASSERT_TRUE(write_file(file(), "one", 0644));
    ASSERT_TRUE(write_file(file(), "two", 0600));
    EXPECT_EQ(*read_file(file()), "two");
    EXPECT_EQ(mode(file()), 0600u);
    EXPECT_EQ(files(), 1u);
    EXPECT_EQ(read_file(file(), 2).error().code, errc::limit_exceeded);
    EXPECT_FALSE(write_file(file("no/where"), "x"));
}

} // namespace
} // namespace berth
