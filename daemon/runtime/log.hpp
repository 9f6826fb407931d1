// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"

#include <concepts>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

enum class log_level { debug, info, warning, error };

// One key=value of a log line. A secret does not convert to it.
struct log_field {
    std::string_view key;
    std::string value;
    bool is_number = false;

    log_field(std::string_view k, std::string_view v) : key(k), value(v) {}
    log_field(std::string_view k, const std::string& v) : key(k), value(v) {}
    log_field(std::string_view k, const char* v) : key(k), value(v) {}
    log_field(std::string_view k, bool v) : key(k), value(v ? "true" : "false"), is_number(true) {}
    template<class N>
        requires(std::integral<N> || std::floating_point<N>) && (!std::same_as<N, bool>)
    log_field(std::string_view k, N v) : key(k), value(std::to_string(v)), is_number(true) {}
    log_field(std::string_view k, const failure& f) : key(k), value(f.message) {}
};

struct log_record {
    log_level level;
    std::string event; // an identifier such as "spawn.submitted"
    std::vector<std::pair<std::string, std::string>> fields;
};

// Writes one line per event: `log.info("spawn.submitted", {{"user", name}, {"job", id}})`.
// Thread-safe. Handed down by reference from daemon/main; there is no global logger.
class logger {
  public:
    virtual ~logger() = default;
    void debug(std::string_view event, std::initializer_list<log_field> fields = {}) { line(log_level::debug, event, fields); }
    void info(std::string_view event, std::initializer_list<log_field> fields = {}) { line(log_level::info, event, fields); }
    void warning(std::string_view event, std::initializer_list<log_field> fields = {}) { line(log_level::warning, event, fields); }
    void error(std::string_view event, std::initializer_list<log_field> fields = {}) { line(log_level::error, event, fields); }

  protected:
    virtual void line(log_level level, std::string_view event, std::span<const log_field> fields) = 0;

  private:
    void line(log_level level, std::string_view event, std::initializer_list<log_field> fields) {
        line(level, event, std::span<const log_field>(fields.begin(), fields.size()));
    }
};

enum class log_format { text, json };

// Whose threshold and form can be changed while it is in use, from any thread.
class adjustable_logger : public logger {
  public:
    virtual void change(log_level threshold, log_format format) = 0;
};

// To standard error. Text: `2026-11-22T19:05:51.156Z info spawn.submitted user=al job=12`, values quoted where they
// hold blanks, quotes or control characters; JSON: one object a line.
std::unique_ptr<adjustable_logger> make_stderr_logger(log_level threshold, log_format format);

// Keeps records for tests to look at. Not thread-safe.
class capturing_logger final : public logger {
  public:
    std::vector<log_record> records;
    std::size_t count(std::string_view event) const;

  protected:
    void line(log_level level, std::string_view event, std::span<const log_field> fields) override;
};

// Drops everything.
class null_logger final : public logger {
  protected:
    void line(log_level, std::string_view, std::span<const log_field>) override {}
};

std::string_view to_string(log_level level);

} // namespace berth
