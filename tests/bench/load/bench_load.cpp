// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/load/loads.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string_view>

namespace {

using namespace berth::bench;

constexpr auto usage = R"(bench_load: what wrk does not do, each on 127.0.0.1:PORT; one line of JSON when done
  bench_load echo PORT PATH CONNECTIONS SECONDS   websockets, one message under way in each
  bench_load hold PORT PATH CONNECTIONS           idle websockets until standard input ends
  bench_load down PORT PATH BYTES SECONDS         downloads of PATH/bytes/BYTES
  bench_load up PORT PATH BYTES SECONDS           uploads
  bench_load posts PORT PATH COUNT                POSTs at once; % in the path is the number of each
  bench_load probe PORT PATH INTERVAL_MS          paced GETs until standard input ends
Token for the hub's API: BENCH_TOKEN in the environment.
)";

int run(int argc, char** argv) {
    static const std::map<std::string_view, int> arguments{{"echo", 6}, {"hold", 5},  {"down", 6},
                                                           {"up", 6},   {"probe", 5}, {"posts", 5}};
    const std::string_view what = argc > 1 ? argv[1] : "";
    const auto known = arguments.find(what);
    if (known == arguments.end() || known->second != argc) {
        std::fputs(usage, stderr);
        return 2;
    }
    const char* token = std::getenv("BENCH_TOKEN");
    const goal g{static_cast<std::uint16_t>(std::atoi(argv[2])), argv[3], token ? token : ""};
    const auto number = std::strtoull(argv[4], nullptr, 10);
    const double seconds = argc > 5 ? std::atof(argv[5]) : 0;
    if (what == "echo") echo_load(g, static_cast<unsigned>(number), seconds);
    if (what == "hold") hold_load(g, static_cast<unsigned>(number));
    if (what == "down") download_load(g, number, seconds);
    if (what == "up") upload_load(g, number, seconds);
    if (what == "posts") posts_load(g, static_cast<unsigned>(number));
    if (what == "probe") probe_load(g, static_cast<unsigned>(number));
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run(argc, argv);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "bench_load: %s\n", e.what());
        return 1;
    }
}
