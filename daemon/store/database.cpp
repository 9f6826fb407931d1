// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/store/migrate.hpp"
#include "daemon/store/requests.hpp"
#include "daemon/store/surroundings.hpp"
#include "daemon/store/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <mutex>

namespace berth::store {
namespace asio = boost::asio;
namespace {

constexpr std::size_t queue_limit = 10'000;
constexpr std::size_t group_limit = 1'000; // bounds how long the first of a burst waits for the last
constexpr auto write_behind_delay = std::chrono::seconds(1);
constexpr auto slow = std::chrono::seconds(5);   // a disk that takes this long is said to be in trouble,
constexpr auto stuck = std::chrono::seconds(10); // and after this it gets no more to do

// `mutex_` guards what the hub thread and the worker both touch; only the worker uses `db_` after
// construction.
class queued_database final : public database {
  public:
    queued_database(logger& log, std::unique_ptr<connection> db, std::unique_ptr<worker> work)
        : log_(log)
        , db_(std::move(db))
        , file_(db_->path())
        , opened_synced_(db_->opened_synced())
        , work_(std::move(work)) {
        work_->start([this] { return turn(); });
    }
    ~queued_database() override;

    asio::awaitable<rows> query(statement s) override {
        auto start = [this, s = std::move(s)](resumer<rows> r) mutable {
            enqueue({std::move(s), std::move(r)});
        };
        co_return co_await suspend_until_resumed<rows>(std::move(start));
    }

    asio::awaitable<result<void>> commit(changes c) override {
        auto start = [this, c = std::move(c)](resumer<result<void>> r) mutable {
            enqueue({std::move(c), std::move(r)});
        };
        co_return co_await suspend_until_resumed<result<void>>(std::move(start));
    }

    void write_behind(std::string key, statement s) override {
        const std::lock_guard lock(mutex_);
        if (closing_) return;
        const bool first = behind_.empty();
        if (first) behind_due_ = work_->now() + write_behind_delay;
        behind_.insert_or_assign(std::move(key), late_write{std::move(s), ++order_});
        if (first) work_->wake();
    }

    asio::awaitable<void> close() override;

    std::size_t pending() const override {
        const std::lock_guard lock(mutex_);
        return queue_.size() + under_way_;
    }
    std::optional<failure> trouble() const override {
        const std::lock_guard lock(mutex_);
        return busy_for() >= slow ? std::optional(silence()) : trouble_;
    }

    bool opened_synced() const override { return opened_synced_; }

  private:
    void enqueue(request r);
    // With the lock held.
    std::optional<failure> refusal();
    worker::instant::duration busy_for() const {
        return busy_since_ ? work_->now() - *busy_since_ : worker::instant::duration{};
    }
    failure silence() const;

    // The worker.
    std::optional<worker::instant> turn();
    batch take_work();
    void end();
    void serve_query(request r);
    void serve_commits(batch work);
    void note_disk(const result<void>& done, late_writes behind);

    logger& log_;
    std::unique_ptr<connection> db_; // gone when the work has ended
    const std::string file_;
    const bool opened_synced_;
    mutable std::mutex mutex_;
    std::deque<request> queue_;
    late_writes behind_;
    std::uint64_t order_ = 0;
    worker::instant behind_due_;
    std::size_t under_way_ = 0;
    std::optional<worker::instant> busy_since_; // the worker writes or reads
    bool stuck_told_ = false;
    std::optional<failure> trouble_;
    bool closing_ = false;
    std::vector<resumer<bool>> closed_;
    bool ended_ = false;
    std::unique_ptr<worker> work_; // last: it starts when all else stands
};

failure queued_database::silence() const {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(busy_for()).count();
    return {errc::unavailable,
            fmt::format("the disk of the database {} has not answered for {} s", file_, seconds)};
}

std::optional<failure> queued_database::refusal() {
    if (closing_) return failure{errc::cancelled, "the hub is shutting down"};
    if (busy_for() >= stuck) {
        if (!std::exchange(stuck_told_, true))
            log_.error("store.disk.stuck", {{"file", file_}, {"waiting", queue_.size() + under_way_}});
        return silence();
    }
    if (queue_.size() < queue_limit) return std::nullopt;
    return failure{
        errc::limit_exceeded,
        fmt::format("{} changes wait for the database {}; try again in a moment", queue_limit, file_)};
}

void queued_database::enqueue(request r) {
    std::unique_lock lock(mutex_);
    const auto no = refusal();
    if (!no) {
        r.order = ++order_;
        queue_.push_back(std::move(r));
        work_->wake();
        return;
    }
    lock.unlock();
    std::deque<request> refused;
    refused.push_back(std::move(r));
    answer_all(std::move(refused), *no);
}

asio::awaitable<void> queued_database::close() {
    auto start = [this](resumer<bool> r) {
        std::unique_lock lock(mutex_);
        closing_ = true;
        if (!ended_) return closed_.push_back(std::move(r)), work_->wake();
        lock.unlock();
        r(true);
    };
    co_await suspend_until_resumed<bool>(std::move(start));
}

queued_database::~queued_database() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    work_->wake();
    work_->join();
}

// Everything that waits, up to the first query; or a query alone. Empty when there is nothing to do yet.
batch queued_database::take_work() {
    const std::lock_guard lock(mutex_);
    if (queue_.empty() && !closing_ && (behind_.empty() || work_->now() < behind_due_)) return {};
    batch out;
    while (!queue_.empty() && queue_.front().is_commit() && out.requests.size() < group_limit) {
        out.requests.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    // What is written behind after a commit that still waits must not overtake it.
    const auto newest = queue_.empty() ? order_ : queue_.front().order;
    for (auto at = behind_.begin(); at != behind_.end();)
        if (at->second.order <= newest)
            out.behind.insert(behind_.extract(at++));
        else
            ++at;
    if (out.requests.empty() && out.behind.empty() && !queue_.empty()) {
        out.requests.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    under_way_ = out.requests.size();
    if (under_way_ > 0 || !out.behind.empty()) busy_since_ = work_->now();
    return out;
}

std::optional<worker::instant> queued_database::turn() {
    auto work = take_work();
    if (work.requests.size() == 1 && !work.requests.front().is_commit())
        serve_query(std::move(work.requests.front()));
    else if (!work.requests.empty() || !work.behind.empty())
        serve_commits(std::move(work));
    std::unique_lock lock(mutex_);
    if (!queue_.empty()) return worker::instant::min();
    if (!closing_) return behind_.empty() ? worker::instant::max() : behind_due_;
    if (!behind_.empty() && !trouble_) return worker::instant::min();
    lock.unlock();
    end();
    return std::nullopt;
}

void queued_database::end() {
    db_.reset(); // checkpoints, and removes the write-ahead log
    std::vector<resumer<bool>> waiting;
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        waiting.swap(closed_);
    }
    for (auto& resume : waiting) resume(true);
}

void queued_database::serve_query(request r) {
    auto found = db_->query(std::get<statement>(r.what));
    {
        const std::lock_guard lock(mutex_);
        under_way_ = 0; // before the caller can look
        busy_since_.reset();
    }
    std::get<resumer<rows>>(r.answer)(std::move(found));
}

void queued_database::serve_commits(batch work) {
    struct entry {
        std::uint64_t order;
        changes* wanted;
        std::function<void(result<void>)> tell;
    };
    std::deque<changes> late; // a member each: a bad one harms no other
    std::vector<entry> entries;
    for (auto& [key, w] : work.behind)
        entries.push_back(
            {w.order, &late.emplace_back(changes{w.what}), [this, k = &key](const result<void>& outcome) {
                 if (!outcome && outcome.error().code != errc::io_error)
                     log_.error("store.write_behind.failed", {{"key", *k}, {"error", outcome.error()}});
             }});
    for (auto& r : work.requests)
        entries.push_back({r.order, &std::get<changes>(r.what), [&r](result<void> outcome) {
                               std::get<resumer<result<void>>>(r.answer)(std::move(outcome));
                           }});
    std::ranges::sort(entries, {}, &entry::order);
    std::vector<group_member> group;
    for (const auto& e : entries) group.push_back({e.wanted, {}});
    const auto disk = write_group(*db_, group);
    note_disk(disk, work.behind);
    for (std::size_t i = 0; i < entries.size(); ++i) entries[i].tell(std::move(group[i].outcome));
}

// What the disk did not take waits for the next attempt, unless something newer has come under its key.
void queued_database::note_disk(const result<void>& done, late_writes behind) {
    bool changed = false;
    {
        const std::lock_guard lock(mutex_);
        changed = trouble_.has_value() == done.has_value() || (done && stuck_told_);
        under_way_ = 0; // before the callers can look
        busy_since_.reset();
        stuck_told_ = false;
        trouble_ = done ? std::nullopt : std::optional(done.error());
        if (!done) {
            behind_.merge(behind);
            if (behind_.empty()) behind_.emplace("store.probe", late_write{probe(), ++order_});
            behind_due_ = work_->now() + write_behind_delay;
        }
    }
    if (changed && done)
        log_.info("store.disk.recovered", {{"file", file_}});
    else if (!done && changed)
        log_.error("store.disk.failed", {{"file", file_}, {"error", done.error()}});
}

} // namespace

result<std::unique_ptr<database>> open_in(surroundings where, logger& log, const std::string& url,
                                          std::vector<migrations> rooms) {
    auto db = connection::open(url, where.vfs);
    if (!db) return fail(db.error());
    if (const auto done = migrate(**db, rooms); !done) return fail(done.error());
    log.info("store.opened", {{"file", (*db)->path()}});
    if (!where.work) where.work = make_thread_worker();
    return std::make_unique<queued_database>(log, std::move(*db), std::move(where.work));
}

result<std::unique_ptr<database>> open(asio::any_io_executor, logger& log, const std::string& url,
                                       std::vector<migrations> rooms) {
    return open_in({}, log, url, std::move(rooms));
}

} // namespace berth::store
