// SPDX-License-Identifier: BSD-3-Clause
// bin/simulation: seeded schedules in parallel processes; a failing one is printed and can be replayed.
#include "tests/simulation/world.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace berth::simulation {
namespace {

struct options {
    std::uint64_t from = 1, schedules = 1000;
    int jobs = 1;
    bool trace = false, one = false, twice = false;
};

int usage() {
    std::fputs("usage: simulation [--schedules N] [--from SEED] [--jobs N] [--twice]\n"
               "       simulation --seed N [--trace]\n"
               "--twice: runs every schedule twice and compares, to show that seeds replay.\n",
               stderr);
    return 2;
}

bool parse(int argc, char** argv, options& o) {
    for (int i = 1; i < argc; ++i) {
        const std::string flag = argv[i];
        if (flag == "--trace") {
            o.trace = true;
        } else if (flag == "--twice") {
            o.twice = true;
        } else if (i + 1 < argc) {
            const auto value = std::strtoull(argv[++i], nullptr, 10);
            if (flag == "--schedules")
                o.schedules = value;
            else if (flag == "--from")
                o.from = value;
            else if (flag == "--jobs")
                o.jobs = static_cast<int>(value);
            else if (flag == "--seed")
                o.from = value, o.schedules = 1, o.one = true;
            else
                return false;
        } else {
            return false;
        }
    }
    return o.jobs > 0 && o.jobs <= 64;
}

void show(std::uint64_t seed, const verdict& v, std::size_t most) {
    const auto skip = v.trace.size() > most ? v.trace.size() - most : 0;
    if (skip) std::printf("... %zu lines before\n", skip);
    for (auto i = skip; i < v.trace.size(); ++i) std::printf("%s\n", v.trace[i].c_str());
    for (const auto& what : v.violations)
        std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), what.c_str());
    std::printf("replay: bin/simulation --seed %llu --trace\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);
}

struct totals {
    std::uint64_t failed = 0, turns = 0, crashes = 0, ready = 0, first_failed = 0;
};

totals run_share(const options& o, int share) {
    totals t;
    const auto fresh = fresh_disk();
    for (auto seed = o.from + static_cast<std::uint64_t>(share); seed < o.from + o.schedules;
         seed += static_cast<std::uint64_t>(o.jobs)) {
        auto v = world(seed, o.trace && o.one, fresh).run();
        if (o.twice && world(seed, false, fresh).run().fingerprint != v.fingerprint)
            v.violations.push_back("went another way the second time");
        t.turns += v.turns;
        t.crashes += v.crashes;
        t.ready += v.ready;
        if (o.one) show(seed, v, o.trace ? v.trace.size() : 0);
        if (v.violations.empty()) continue;
        if (++t.failed == 1) t.first_failed = seed;
        if (t.failed <= 3 && !o.one) show(seed, world(seed, true, fresh).run(), 60);
        if (t.failed >= 10) break;
    }
    return t;
}

int run_all(const options& o) {
    const auto begun = std::chrono::steady_clock::now();
    int ends[2];
    if (pipe(ends) != 0) return 2;
    for (int share = 0; share < o.jobs; ++share)
        if (fork() == 0) {
            const auto t = run_share(o, share);
            _exit(write(ends[1], &t, sizeof t) == sizeof t ? 0 : 3);
        }
    close(ends[1]);
    totals all, t;
    int told = 0, status = 0;
    for (; read(ends[0], &t, sizeof t) == sizeof t; ++told) {
        if (t.failed && (!all.first_failed || t.first_failed < all.first_failed))
            all.first_failed = t.first_failed;
        all.failed += t.failed, all.turns += t.turns, all.crashes += t.crashes, all.ready += t.ready;
    }
    while (wait(&status) > 0) {
    }
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    fmt::print("{} schedules from seed {}: {} failed{}; {} turns, {} crashes, {} servers ready in the end; "
               "{:.1f} s\n",
               o.schedules, o.from, all.failed,
               all.failed ? fmt::format(" (first: {})", all.first_failed) : "", all.turns, all.crashes,
               all.ready, took);
    if (told != o.jobs) fmt::print("{} of {} processes died\n", o.jobs - told, o.jobs);
    return all.failed || told != o.jobs ? 1 : 0;
}

} // namespace
} // namespace berth::simulation

int main(int argc, char** argv) {
    berth::simulation::options o;
    if (!berth::simulation::parse(argc, argv, o)) return berth::simulation::usage();
    berth::simulation::configure_sqlite();
    if (o.one) return berth::simulation::run_share(o, 0).failed ? 1 : 0;
    return berth::simulation::run_all(o);
}
