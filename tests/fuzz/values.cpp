// SPDX-License-Identifier: BSD-3-Clause
// Encodings, times, durations, amounts, names: what is written is read as the same again.
#include "auth/login/login.hpp"
#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/time_text.hpp"
#include "hubapi/model/json_writer.hpp"
#include "scheduler/script/template.hpp"
#include "scheduler/script/units.hpp"
#include "tests/fuzz/support.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace {

using namespace berth;
using fuzz::check;

void check_encodings(std::string_view text) {
    check(hex_decode(hex_encode(text)) == text, "hex");
    check(base64url_decode(base64url_encode(text)) == text, "base64url");
    check(percent_decode(percent_encode(text)) == text && percent_decode(percent_encode(text), true) == text,
          "percent");
    const auto escaped = html_escape(text);
    check(escaped.find_first_of("<>\"'") == std::string::npos, "nothing of HTML is left");
    (void)hex_decode(text);
    (void)base64url_decode(text);
    (void)percent_decode(text, true);
    const auto shown = scheduler::shown(text);
    check(is_valid_utf8(shown) && fuzz::is_one_line(shown), "a value that is shown is text");
    std::string out;
    hub::json_writer(out).open('{').key("a").text(text).close('}');
    const auto read = nlohmann::json::parse(out, nullptr, false);
    check(!read.is_discarded(), "what the writer writes is JSON");
    check(!is_valid_utf8(text) || read["a"].get<std::string>() == text, "and says the same");
}

void check_times(std::string_view text) {
    if (const auto t = parse_iso8601(text))
        check(parse_iso8601(iso8601(*t)) == *t ||
                  t->time_since_epoch() < -std::chrono::hours(24 * 365 * 1900LL),
              "times");
    if (const auto d = parse_duration(text)) check(parse_duration(to_text(*d)) == *d, "durations");
    if (const auto s = scheduler::parse_runtime(text)) {
        check(scheduler::parse_runtime(scheduler::runtime_text(*s)) == *s, "run times");
        (void)scheduler::runtime_words(*s);
    }
    if (const auto m = scheduler::parse_memory(text)) {
        check(scheduler::parse_memory(scheduler::memory_text(*m)) == *m, "memory");
        (void)scheduler::memory_words(*m);
    }
}

} // namespace

void fuzz(std::string_view bytes) {
    check_encodings(bytes);
    check_times(bytes);
    if (const auto name = auth::normalise_username(bytes)) {
        check(auth::normalise_username(*name) == *name, "a normal name stays as it is");
        check(is_valid_utf8(*name) && name->find('/') == std::string::npos && fuzz::is_one_line(*name),
              "a name is a name");
    }
    if (const auto p = scheduler::parse_port_range(std::string(bytes)))
        check(p->port_low <= p->port_high && p->port_low >= 0 && p->port_high <= 65535, "a range of ports");
}
