// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/world.hpp"

#include "daemon/store/wal_check.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace berth::simulation {
namespace {
constexpr duration routes_synced_every = seconds(30);
}

disk::image fresh_disk() {
    nature n(0, false);
    disk storage(n.chance);
    mount(&storage);
    null_logger log;
    class idle final : public store::worker {
      public:
        void start(turn work) override { work_ = std::move(work); }
        void wake() override {}
        void join() override {
            while (work_()) {
            }
        }
        instant now() const override { return {}; }

      private:
        turn work_;
    };
    auto opened = store::open_in({"simulated", std::make_unique<idle>()}, log, "sqlite:/hub.sqlite",
                                 {scheduler::spawner::tables()});
    if (!opened) throw std::runtime_error(opened.error().message);
    opened->reset();
    return storage.content();
}

world::world(std::uint64_t seed, bool tracing, const disk::image& fresh)
    : n_(seed, tracing)
    , storage_(n_.chance)
    , jobs_(n_, n_.chance.chance(15))
    , book_(n_)
    , outside_{n_, storage_, jobs_, tokens_, door_, book_, {}, 0}
    , people_(n_, 1 + n_.chance.below(3)) {
    mount(&storage_);
    storage_.load(fresh);
    jobs_.listens = [this](job& j) {
        if (!jobs_.is_local()) deliver_report(j, j.run);
    };
    outside_.settings.queue_timeout = std::chrono::minutes(3);
    outside_.settings.launch_timeout = seconds(45);
    outside_.settings.command = {"jupyterhub-singleuser"};
    n_.time.in(routes_synced_every, [this] { sync_routes(); });
}

verdict world::run() {
    choose_climate();
    boot();
    const int steps = 4 + n_.chance.below(16);
    for (int i = 0; i < steps && n_.violations.empty(); ++i) {
        something();
        const auto longest = n_.chance.chance(10) ? seconds(25) : seconds(3) / climate_.hurry;
        pass(n_.chance.between(duration(0), longest));
    }
    heal();
    if (n_.violations.empty() && comes_to_rest(std::chrono::minutes(12)) && n_.chance.chance(25)) {
        n_.time.tell([] { return "at rest; the hub is killed once more"; });
        crash(ending::power_lost);
        comes_to_rest(std::chrono::minutes(3));
    }
    for (const auto& j : jobs_.jobs())
        out_.fingerprint = out_.fingerprint * 31 + static_cast<unsigned>(j.run) + j.history.size();
    out_.fingerprint = out_.fingerprint * 31 + out_.turns * 7 + storage_.writes + n_.chance.roll();
    out_.violations = n_.violations;
    out_.trace = n_.time.trace();
    return out_;
}

// One thing that happens before `limit`; false when there is none.
bool world::beat(time_point limit) {
    if (hub_) {
        look_at_hub();
        if (hub_ && hub_->turn()) {
            ++out_.turns;
            if (turns_left_ > 0 && --turns_left_ == 0) crash(next_ending_);
            return true;
        }
    }
    const auto next = std::min(n_.time.next(), hub_ ? hub_->next() : time_point::max());
    n_.time.move_to(std::min(next, limit));
    if (hub_) hub_->move_clock();
    if (next > limit) return false;
    n_.time.step();
    return true;
}

void world::pass(duration d) {
    const auto until = n_.time.now() + d;
    while (beat(until)) {
    }
}

void world::look_at_hub() {
    if (storage_.is_off()) {
        crash(next_ending_);
    } else if (hub_->failed() || hub_->ended()) {
        n_.time.tell([&] { return hub_->ended() ? "the hub has ended" : "the hub could not load and ends"; });
        hub_.reset();
        boot_later();
    }
}

void world::boot_later() {
    if (std::exchange(boot_planned_, true)) return;
    n_.time.in(n_.chance.between(milliseconds(50), n_.chance.chance(20) ? seconds(25) : seconds(2)), [this] {
        boot_planned_ = false;
        if (!hub_) boot();
    });
}

// The store looks at the log of a machine's file before SQLite does. It must not take a crash for damage.
void world::look_at_log() {
    const auto log = storage_.find("/hub.sqlite-wal");
    if (!log || !n_.chance.chance(5)) return;
    // A head that the power's loss garbled while the log was begun anew is refused like damage: nobody can
    // tell whether what lies behind it has been checkpointed. It is a refusal, with the way out; nothing is
    // lost.
    if (log->bytes.size() > 2 && log->bytes.substr(0, 3) != "\x37\x7f\x06") return;
    const auto path =
        fmt::format("{}/berth-simulation-{}", std::filesystem::temp_directory_path().string(), getpid());
    std::ofstream(path + "-wal", std::ios::binary) << log->bytes;
    if (const auto whole = store::check_wal(path); !whole)
        n_.broken("a crash is taken for damage: " + whole.error().message);
    std::filesystem::remove(path + "-wal");
}

void world::boot() {
    n_.time.tell([] { return "the hub begins"; });
    look_at_log();
    hub_ = std::make_unique<hub_process>(outside_);
    const auto begun = hub_->begin();
    if (begun) return;
    n_.time.tell([&] { return "the hub does not begin: " + begun.error().message; });
    if (storage_.is_off()) return; // found by `look_at_hub`
    if (storage_.health() == ailment::none)
        n_.broken("the database cannot be opened: " + begun.error().message);
    hub_.reset();
    boot_later();
}

void world::crash(ending e) {
    n_.time.tell([&] { return fmt::format("CRASH: {}", to_string(e)); });
    ++out_.crashes;
    turns_left_ = -1;
    storage_.stop(); // what still runs of the process while it is taken apart reaches nothing
    hub_.reset();
    storage_.crash(e);
    boot_later();
}

// As the launcher in the job does it: until the hub has taken it, the job has gone, or its token counts no
// more.
void world::deliver_report(job& j, int run) {
    n_.time.in(n_.chance.between(milliseconds(1), milliseconds(50)), [this, &j, run] {
        if (!j.listening || j.run != run) return;
        const auto again = [this, &j, run](duration pause) {
            n_.time.in(pause, [this, &j, run] { deliver_report(j, run); });
        };
        if (!hub_ || !hub_->serving()) return again(n_.chance.between(seconds(1), seconds(4)));
        if (!tokens_.live.contains(j.attempt)) return;
        const scheduler::server* target = nullptr;
        for (const auto* s : hub_->servers().all())
            if (s->attempt == j.attempt) target = s;
        if (!target) return;
        const bool knows_node = target->job && target->job->address == j.now.address && n_.chance.chance(50);
        const auto number = std::make_shared<bool>(false);
        hub_->ask(hub_->servers().report_address(target->key, "", j.port, knows_node ? j.now.address : ""),
                  [this, &j, run, number](const result<void>& r) {
                      *number = true;
                      if (!r || j.run != run || !j.listening) return;
                      j.told_hub = true;
                      // While the disk fails the hub takes the word, but cannot keep it through a crash.
                      j.told_in_vain = storage_.health() != ailment::none;
                      if (!j.reported && storage_.health() == ailment::none) j.reported = n_.time.now();
                  });
        if (n_.chance.chance(n_.sky.double_reports)) again(n_.chance.between(milliseconds(10), seconds(20)));
        n_.time.in(seconds(3), [number, again, &j] {
            if (!*number || !j.told_hub) again(seconds(1));
        });
    });
}

// As daemon/main does it, from time to time.
void world::sync_routes() {
    n_.time.in(routes_synced_every, [this] { sync_routes(); });
    if (!hub_ || !hub_->serving() || door_.away) return;
    std::map<std::string, std::string> wanted;
    for (const auto* s : hub_->servers().all())
        if (s->ready()) wanted[s->url_path] = target_of(*s);
    door_.routes = std::move(wanted);
}

} // namespace berth::simulation
