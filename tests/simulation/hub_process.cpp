// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/hub_process.hpp"

#include "tests/simulation/proof.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>

namespace berth::simulation {
namespace asio = boost::asio;

// Judges what the hub says of its servers while it says it.
class hub_process::watching_logger final : public logger {
  public:
    explicit watching_logger(hub_process& h) : h_(h) {}

  protected:
    void line(log_level, std::string_view event, std::span<const log_field> fields) override {
        auto& n = h_.o_.n;
        n.time.tell([&] {
            std::string out = "hub: " + std::string(event);
            for (const auto& f : fields) out += fmt::format(" {}={}", f.key, f.value);
            return out;
        });
        if (event == "task.failed") n.broken("a task failed: " + fields[1].value);
        if (event == "spawn.failed") {
            claim c;
            for (const auto& f : fields)
                if (f.key == "attempt")
                    c.attempt = f.value;
                else if (f.key == "why")
                    c.sentence = f.value;
            if (const auto why = refuted(c, h_.o_, h_.servers_.get()); !why.empty()) n.broken(why);
        }
    }

  private:
    hub_process& h_;
};

// The store's work as events: some milliseconds after it was asked for.
class hub_process::turn_worker final : public store::worker {
  public:
    explicit turn_worker(nature& n) : n_(n) {}
    void start(turn work) override {
        work_ = std::move(work);
        plan(n_.time.now());
    }
    void wake() override {
        plan(n_.time.now() + n_.chance.between(milliseconds(0),
                                               n_.chance.chance(n_.sky.slow) ? seconds(3) : milliseconds(8)));
    }
    void join() override {
        while (!ended_) take_turn();
    }
    instant now() const override { return as_instant(n_.time.now()); }

  private:
    static instant as_instant(time_point t) { return instant(t.time_since_epoch()); }

    void plan(time_point when) {
        if (planned_ <= when) return;
        planned_ = when;
        n_.time.at(when, [this, when, alive = std::weak_ptr(alive_)] {
            if (alive.expired() || planned_ != when) return;
            planned_ = time_point::max();
            take_turn();
        });
    }
    void take_turn() {
        if (ended_) return;
        const auto next = work_();
        ended_ = !next;
        if (next && *next != instant::max())
            plan(std::max(n_.time.now(),
                          time_point(std::chrono::duration_cast<duration>(next->time_since_epoch()))));
    }

    nature& n_;
    turn work_;
    time_point planned_ = time_point::max();
    bool ended_ = false;
    std::shared_ptr<int> alive_ = std::make_shared<int>();
};

hub_process::hub_process(outside& o)
    : o_(o)
    , io_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE)
    , busy_(io_.get_executor())
    , log_(std::make_unique<watching_logger>(*this))
    , clock_(o.n.time.now())
    , cluster_(o.n, o.jobs, calls_)
    , launches_(o.n, o.storage, o.tokens, calls_)
    , door_(o.n, o.door, calls_)
    , probes_(o.n, o.jobs, calls_) {}

// Nothing is polled again, so that what waits ends where it waits.
hub_process::~hub_process() {
    servers_.reset();
    calls_.drop();
    db_.reset();
}

result<void> hub_process::begin() {
    store::surroundings where{"simulated", std::make_unique<turn_worker>(o_.n)};
    auto opened =
        store::open_in(std::move(where), *log_, "sqlite:/hub.sqlite", {scheduler::spawner::tables()});
    if (!opened) return fail(opened.error());
    synced_ = o_.storage.health() == ailment::none;
    db_ = std::make_unique<watched_database>(std::move(*opened), o_.book);
    make_spawner();
    asio::co_spawn(io_, load(), asio::detached);
    return {};
}

void hub_process::make_spawner() {
    scheduler::spawner::parts p{
        io_.get_executor(), clock_, *log_, *db_, launches_, door_, probes_, {}, "hub1", {}, nullptr, {}};
    p.clusters["hpc"] = scheduler::cluster{&cluster_, o_.settings};
    p.new_attempt = [&o = o_] { return "a" + std::to_string(++o.attempts); };
    servers_ = std::make_unique<scheduler::spawner>(std::move(p));
}

asio::awaitable<void> hub_process::load() {
    // A small log, so that crashes meet checkpoints too.
    auto set = co_await db_->query({"PRAGMA wal_autocheckpoint=12", {}});
    auto rows = co_await db_->query({"SELECT * FROM servers", {}});
    auto loaded = co_await servers_->load();
    if (!set || !rows || !loaded) {
        failed_ = true;
        co_return;
    }
    o_.book.compare(*rows, synced_);
    servers_->run();
    serving_ = true;
}

void hub_process::end_well() {
    serving_ = false;
    asio::co_spawn(io_, shut_down(), asio::detached);
}

asio::awaitable<void> hub_process::shut_down() {
    // Calls under way end when their tasks are told to.
    auto closing = servers_->shut_down();
    calls_.abandon();
    co_await std::move(closing);
    co_await db_->close();
    ended_ = true;
}

bool hub_process::turn() { return io_.poll_one() > 0; }

void hub_process::move_clock() {
    if (const auto d = o_.n.time.now() - clock_.now(); d > duration::zero()) clock_.advance(d);
}

void hub_process::ask(asio::awaitable<result<void>> what, outcome done) {
    asio::co_spawn(io_, std::move(what),
                   [done = std::move(done)](const std::exception_ptr& error, result<void> r) {
                       done(error ? result<void>(fail(errc::internal, "an exception")) : std::move(r));
                   });
}

} // namespace berth::simulation
