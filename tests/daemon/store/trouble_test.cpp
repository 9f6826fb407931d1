// SPDX-License-Identifier: BSD-3-Clause
// A disk that is full, or that does not answer: what is refused, what is told, and that it passes by itself.
#include "daemon/store/surroundings.hpp"
#include "tests/daemon/store/fixture.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <atomic>
#include <thread>

namespace berth::store {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// Works when the test says so, at the time that the test says.
class hand_worker final : public worker {
  public:
    explicit hand_worker(instant& now) : now_(now) {}
    void start(turn work) override { work_ = std::move(work); }
    void wake() override { due_ = instant::min(); }
    void join() override {
        while (work_()) {
        }
    }
    instant now() const override { return now_; }
    void crank() {
        while (due_ <= now_) due_ = work_().value_or(instant::max());
    }

  private:
    instant& now_;
    instant due_ = instant::min();
    turn work_;
};

// A thread whose clock can be moved on.
class late_worker final : public worker {
  public:
    explicit late_worker(std::atomic<int>& seconds) : seconds_(seconds) {}
    void start(turn work) override { real_->start(std::move(work)); }
    void wake() override { real_->wake(); }
    void join() override { real_->join(); }
    instant now() const override { return real_->now() + std::chrono::seconds(seconds_); }

  private:
    std::atomic<int>& seconds_;
    std::unique_ptr<worker> real_ = make_thread_worker();
};

class Trouble : public store_fixture {
  protected:
    void open_with(std::unique_ptr<worker> work) {
        auto opened = open_in({"", std::move(work)}, log, "sqlite:" + file(), {people()});
        ASSERT_TRUE(opened) << opened.error().message;
        db = std::move(*opened);
    }
    void begin(boost::asio::awaitable<result<void>> task, std::optional<result<void>>& outcome) {
        boost::asio::co_spawn(io, std::move(task),
                              [&](const std::exception_ptr&, result<void> r) { outcome = std::move(r); });
        io.restart();
        io.poll();
    }
};

TEST_F(Trouble, AFullDiskIsFoundToWorkAgainWithoutAnybodyAsking) {
    worker::instant now{};
    auto made = std::make_unique<hand_worker>(now);
    auto* work = made.get();
    open_with(std::move(made));
    const auto done = [&](boost::asio::awaitable<result<void>> task) {
        std::optional<result<void>> outcome;
        begin(std::move(task), outcome);
        work->crank();
        io.restart();
        io.poll();
        return outcome.value_or(result<void>(fail(errc::internal, "no answer")));
    };
    ASSERT_TRUE(done(db->commit({{"PRAGMA max_page_count = 12", {}}})));
    EXPECT_FALSE(done(db->commit({insert(std::string(200'000, 'x'), 1)})));
    ASSERT_TRUE(db->trouble());
    EXPECT_EQ(db->trouble()->code, errc::io_error);
    now += std::chrono::seconds(2);
    work->crank();
    EXPECT_FALSE(db->trouble()); // a small write was possible
}

TEST_F(Trouble, ADiskThatDoesNotAnswerGetsNothingMoreToDo) {
    std::atomic<int> seconds = 0;
    open_with(std::make_unique<late_worker>(seconds));
    sqlite3* other = nullptr; // holds the database, as a disk that hangs would
    ASSERT_EQ(sqlite3_open(file().c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    std::optional<result<void>> first, second, third;
    begin(db->commit({insert("al", 1)}), first);
    while (!db->trouble() && !first) ++seconds, std::this_thread::yield();
    ASSERT_TRUE(db->trouble()) << first->error().message;
    EXPECT_THAT(db->trouble()->message, AllOf(HasSubstr(file()), HasSubstr("not answered")));
    seconds += 20;
    begin(db->commit({insert("bo", 2)}), second);
    ASSERT_TRUE(second);
    ASSERT_FALSE(*second);
    EXPECT_EQ(second->error().code, errc::unavailable);
    ASSERT_EQ(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(other);
    while (!first) io.restart(), io.run();
    EXPECT_TRUE(*first); // what had been handed over is done
    EXPECT_FALSE(db->trouble());
    begin(db->commit({insert("cy", 3)}), third);
    while (!third) io.restart(), io.run();
    EXPECT_TRUE(*third);
    EXPECT_THAT(ages(), ElementsAre(Pair("al", 1), Pair("cy", 3)));
}

} // namespace
} // namespace berth::store
