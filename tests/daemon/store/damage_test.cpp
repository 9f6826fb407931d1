// SPDX-License-Identifier: BSD-3-Clause
// A database whose files were damaged, cut, moved or deleted says so, or has everything that was
// acknowledged.
#include "tests/daemon/store/fixture.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace berth::store {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class Damaged : public store_fixture {
  protected:
    // A process that commits n0, n1, ... and is killed then: its log stays.
    void leave_log(int commits) {
        const pid_t child = fork();
        if (child == 0) {
            open_people();
            for (int i = 0; i < commits; ++i)
                if (!run(db->commit({insert("n" + std::to_string(i), i)}))) _exit(1);
            kill(getpid(), SIGKILL);
        }
        int status = 0;
        waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status));
    }
    std::string wal() const { return file() + "-wal"; }
    static void flip(const std::string& path, std::uintmax_t at) {
        const int fd = ::open(path.c_str(), O_RDWR);
        unsigned char byte = 0;
        ASSERT_EQ(pread(fd, &byte, 1, static_cast<off_t>(at)), 1);
        byte ^= 0xFFu;
        ASSERT_EQ(pwrite(fd, &byte, 1, static_cast<off_t>(at)), 1);
        ::close(fd);
    }
    std::string refusal() {
        auto opened = store::open(io.get_executor(), log, "sqlite:" + file(), {people()});
        return opened ? "opened" : opened.error().message;
    }
    // With the log as it is at first.
    template<class Harm>
    std::string refusal_after(Harm harm) {
        for (const auto* end : {"", "-wal", "-shm"})
            fs::copy_file(file() + end, dir.path / ("kept" + std::string(end)));
        harm();
        auto out = refusal();
        for (const auto* end : {"", "-wal", "-shm"})
            fs::copy_file(dir.path / ("kept" + std::string(end)), file() + end,
                          fs::copy_options::overwrite_existing);
        for (const auto* end : {"", "-wal", "-shm"}) fs::remove(dir.path / ("kept" + std::string(end)));
        return out;
    }
};

TEST_F(Damaged, AFlippedByteAnywhereInTheLogIsNoticed) {
    leave_log(5);
    const auto size = fs::file_size(wal());
    for (std::uintmax_t at = 0; at < size; at += 997)
        EXPECT_THAT(refusal_after([&] { flip(wal(), at); }), AllOf(HasSubstr(wal()), HasSubstr("damaged")))
            << at;
    EXPECT_THAT(refusal_after([&] { flip(wal(), size - 1); }), HasSubstr("damaged"));
    open_people();
    EXPECT_EQ(ages().size(), 5u);
}

TEST_F(Damaged, ACutLogIsNoticed) {
    leave_log(5);
    const auto size = fs::file_size(wal());
    for (const std::uintmax_t keep :
         {size - 1, size - 5000, size / 2, std::uintmax_t(40), std::uintmax_t(33)})
        EXPECT_THAT(refusal_after([&] { fs::resize_file(wal(), keep); }), HasSubstr("damaged")) << keep;
}

TEST_F(Damaged, WithoutTheIndexACommitBeforeTheLastIsNoticed) {
    leave_log(5);
    const auto size = fs::file_size(wal());
    fs::remove(file() + "-shm");
    flip(wal(), size - 3 * (4096 + 24));
    EXPECT_THAT(refusal(), HasSubstr("damaged"));
}

TEST_F(Damaged, WhatACrashLeavesHalfWrittenIsPassedOver) {
    leave_log(5);
    const int fd = ::open(wal().c_str(), O_RDWR);
    char head[24];
    ASSERT_EQ(pread(fd, head, sizeof head, 32), 24); // a frame with the log's salt and a wrong checksum, cut
    ASSERT_EQ(pwrite(fd, head, sizeof head, static_cast<off_t>(fs::file_size(wal()))), 24);
    ::close(fd);
    open_people();
    EXPECT_EQ(ages().size(), 5u);
}

TEST_F(Damaged, TheRemedyThatIsNamedWorks) {
    leave_log(5);
    flip(wal(), fs::file_size(wal()) - 1);
    const auto said = refusal();
    const auto at = said.find("--size=");
    ASSERT_NE(at, said.npos) << said;
    fs::resize_file(wal(), std::stoul(said.substr(at + 7)));
    fs::remove(file() + "-shm");
    open_people();
    EXPECT_EQ(ages().size(), 4u);
}

TEST_F(Damaged, ADamagedPageIsNoticedAtTheStart) {
    open_people();
    std::vector<statement> many;
    for (int i = 0; i < 500; ++i) many.push_back(insert("n" + std::to_string(i), i));
    ASSERT_TRUE(run(db->commit(many)));
    run(db->close());
    db.reset();
    for (std::uintmax_t i = 0; i < 64; ++i) flip(file(), 2 * 4096 + i); // the head of a tree's page
    EXPECT_THAT(refusal(), AllOf(HasSubstr(file()), HasSubstr("damaged"), HasSubstr("backup")));
}

TEST_F(Damaged, FilesThatWereMovedAwayTakeNoChanges) {
    open_people();
    ASSERT_TRUE(run(db->commit({insert("al", 1)})));
    for (const auto* end : {"", "-wal"}) {
        fs::rename(file() + end, dir.path / "elsewhere");
        const auto done = run(db->commit({insert("bo", 2)}));
        ASSERT_FALSE(done) << end;
        EXPECT_EQ(done.error().code, errc::io_error);
        EXPECT_THAT(done.error().message, AllOf(HasSubstr(file() + end), HasSubstr("put it back")));
        EXPECT_TRUE(db->trouble());
        fs::rename(dir.path / "elsewhere", file() + end);
        EXPECT_TRUE(run(db->commit({set_age("al", 2)}))); // and is well again
    }
}

} // namespace
} // namespace berth::store
