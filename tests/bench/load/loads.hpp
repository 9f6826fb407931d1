// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "tests/bench/load/sockets.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace berth::bench {

// Where the load goes: 127.0.0.1:port, with a path and, for the hub's API, a token.
struct goal {
    std::uint16_t port = 0;
    std::string path, token;
};

// `path` with its "%", if there is one, as a number of four digits.
std::string numbered(std::string path, unsigned number);

// Each prints one line of JSON when it is done.

// `connections` websockets, each with one message of 64 bytes under way, for `seconds` after a warm-up.
void echo_load(const goal& g, unsigned connections, double seconds);

// Opens `connections` websockets, "%" in the path being the number of each, prints "held N", keeps them until
// standard input ends; tells how many were closed by the other side, and how many of those that remain still
// echo.
void hold_load(const goal& g, unsigned connections);

// One request after another on one connection, for `seconds`, `bytes` down or up each.
void download_load(const goal& g, std::uint64_t bytes, double seconds);
void upload_load(const goal& g, std::uint64_t bytes, double seconds);

// `count` POSTs at once, each on a connection of its own; "%" in the path is the number of each, in four
// digits.
void posts_load(const goal& g, unsigned count);

// A GET every `interval_ms`, whether or not earlier ones have been answered, until standard input ends.
// Latencies count from the moment when a request was due. Also tells the longest time without a good answer.
void probe_load(const goal& g, unsigned interval_ms);

// Percentiles in milliseconds as members of a JSON object: "p50_ms": ..., "p99_ms": ..., "max_ms": ...
std::string percentiles(std::vector<double>& milliseconds);

inline double milliseconds_between(steady::time_point a, steady::time_point b) {
    return std::chrono::duration<double, std::milli>(b - a).count();
}

} // namespace berth::bench
