// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/resume.hpp"
#include "daemon/store/migrate.hpp"
#include "daemon/store/store.hpp"
#include "daemon/store/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace berth::store {
namespace asio = boost::asio;
namespace {

constexpr std::size_t queue_limit = 10'000;
constexpr std::size_t group_limit = 1'000; // bounds how long the first of a burst waits for the last
constexpr auto write_behind_delay = std::chrono::seconds(1);

using rows = result<std::vector<row>>;

// What the hub thread hands to the store thread: a query or a commit.
struct request {
    std::variant<statement, changes> what;
    std::variant<resumer<rows>, resumer<result<void>>> answer;
    std::uint64_t order = 0;
    bool is_commit() const { return what.index() == 1; }
};

struct late_write {
    statement what;
    std::uint64_t order = 0;
};
using late_writes = std::map<std::string, late_write>; // by key

// What the store thread takes at a time: a query, or commits and what is written behind. Applied in the
// calls' order.
struct batch {
    std::deque<request> requests;
    late_writes behind;
};

void answer_all(std::deque<request> requests, const failure& f) {
    for (auto& r : requests) std::visit([&]<class T>(resumer<T>& resume) { resume(T(fail(f))); }, r.answer);
}

// `mutex_` guards what both threads touch; only the store thread uses `db_` after construction.
class threaded_database final : public database {
  public:
    threaded_database(logger& log, std::unique_ptr<connection> db)
        : log_(log)
        , db_(std::move(db))
        , thread_([this] { run(); }) {}
    ~threaded_database() override { stop(); }

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
        if (behind_.empty()) behind_due_ = std::chrono::steady_clock::now() + write_behind_delay;
        behind_.insert_or_assign(std::move(key), late_write{std::move(s), ++order_});
        wake_.notify_one();
    }

    asio::awaitable<void> close() override;

    std::size_t pending() const override {
        const std::lock_guard lock(mutex_);
        return queue_.size() + under_way_;
    }
    std::optional<failure> trouble() const override {
        const std::lock_guard lock(mutex_);
        return trouble_;
    }

  private:
    void enqueue(request r);
    void stop();

    // The store thread.
    void run();
    batch wait_for_work();
    void serve_query(request r);
    void serve_commits(batch work);
    void note_disk(const result<void>& done, late_writes behind);

    logger& log_;
    std::unique_ptr<connection> db_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<request> queue_;
    late_writes behind_;
    std::uint64_t order_ = 0;
    std::chrono::steady_clock::time_point behind_due_;
    std::size_t under_way_ = 0;
    std::optional<failure> trouble_;
    bool closing_ = false;
    std::vector<resumer<bool>> closed_;
    bool ended_ = false;
    std::thread thread_; // last: it starts when all else stands
};

void threaded_database::enqueue(request r) {
    std::unique_lock lock(mutex_);
    std::optional<failure> refusal;
    if (closing_)
        refusal = failure{errc::cancelled, "the hub is shutting down"};
    else if (queue_.size() >= queue_limit)
        refusal = failure{errc::limit_exceeded,
                          fmt::format("{} changes wait for the database {}; try again in a moment",
                                      queue_limit, db_->path())};
    if (!refusal) {
        r.order = ++order_;
        queue_.push_back(std::move(r));
        wake_.notify_one();
        return;
    }
    lock.unlock();
    std::deque<request> refused;
    refused.push_back(std::move(r));
    answer_all(std::move(refused), *refusal);
}

asio::awaitable<void> threaded_database::close() {
    auto start = [this](resumer<bool> r) {
        std::unique_lock lock(mutex_);
        closing_ = true;
        if (!ended_) return closed_.push_back(std::move(r)), wake_.notify_one();
        lock.unlock();
        r(true);
    };
    co_await suspend_until_resumed<bool>(std::move(start));
}

void threaded_database::stop() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        wake_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
}

// Everything that waits, up to the first query; or a query alone. Empty when there is nothing left to do.
batch threaded_database::wait_for_work() {
    std::unique_lock lock(mutex_);
    while (!closing_ && queue_.empty()) {
        if (behind_.empty())
            wake_.wait(lock);
        else if (wake_.wait_until(lock, behind_due_) == std::cv_status::timeout)
            break;
    }
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
    return out;
}

void threaded_database::run() {
    for (;;) {
        auto work = wait_for_work();
        if (work.requests.size() == 1 && !work.requests.front().is_commit())
            serve_query(std::move(work.requests.front()));
        else if (!work.requests.empty() || !work.behind.empty())
            serve_commits(std::move(work));
        const std::lock_guard lock(mutex_);
        if (closing_ && queue_.empty() && (behind_.empty() || trouble_)) break;
    }
    db_.reset(); // checkpoints, and removes the write-ahead log
    std::vector<resumer<bool>> waiting;
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        waiting.swap(closed_);
    }
    for (auto& resume : waiting) resume(true);
}

void threaded_database::serve_query(request r) {
    auto found = db_->query(std::get<statement>(r.what));
    {
        const std::lock_guard lock(mutex_);
        under_way_ = 0; // before the caller can look
    }
    std::get<resumer<rows>>(r.answer)(std::move(found));
}

void threaded_database::serve_commits(batch work) {
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
void threaded_database::note_disk(const result<void>& done, late_writes behind) {
    bool changed = false;
    {
        const std::lock_guard lock(mutex_);
        changed = trouble_.has_value() == done.has_value();
        under_way_ = 0; // before the callers can look
        trouble_ = done ? std::nullopt : std::optional(done.error());
        if (!done) {
            behind_.merge(behind);
            behind_due_ = std::chrono::steady_clock::now() + write_behind_delay;
        }
    }
    if (changed && done)
        log_.info("store.disk.recovered", {{"file", db_->path()}});
    else if (!done && changed)
        log_.error("store.disk.failed", {{"file", db_->path()}, {"error", done.error()}});
}

} // namespace

result<std::unique_ptr<database>> open(asio::any_io_executor, logger& log, const std::string& url,
                                       std::vector<migrations> rooms) {
    auto db = connection::open(url);
    if (!db) return fail(db.error());
    if (const auto done = migrate(**db, rooms); !done) return fail(done.error());
    log.info("store.opened", {{"file", (*db)->path()}});
    return std::make_unique<threaded_database>(log, std::move(*db));
}

} // namespace berth::store
