// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/log.hpp"

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/time_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <atomic>

namespace berth {
namespace {

bool needs_quotes(std::string_view v) {
    return v.empty() || std::ranges::any_of(v, [](unsigned char c) { return c <= ' ' || c == '"' || c == '=' || c == 0x7f; });
}

std::string quoted_text(std::string_view v) {
    return nlohmann::json(v).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string text_line(log_level level, std::string_view event, std::span<const log_field> fields) {
    auto out = fmt::format("{} {} {}", iso8601(system_clock().now()), to_string(level), event);
    for (const auto& f : fields)
        out += fmt::format(" {}={}", f.key, needs_quotes(f.value) ? quoted_text(f.value) : f.value);
    return out;
}

std::string json_line(log_level level, std::string_view event, std::span<const log_field> fields) {
    nlohmann::ordered_json out{{"time", iso8601(system_clock().now())}, {"level", to_string(level)}, {"event", event}};
    for (const auto& f : fields) {
        auto number = f.is_number ? nlohmann::ordered_json::parse(f.value, nullptr, false) : nlohmann::ordered_json(f.value);
        out[std::string(f.key)] = number.is_discarded() ? nlohmann::ordered_json(f.value) : std::move(number);
    }
    return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class stderr_logger final : public adjustable_logger {
  public:
    stderr_logger(log_level threshold, log_format format)
        : threshold_(threshold), format_(format), out_("berth", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
        out_.set_pattern("%v");
        out_.set_level(spdlog::level::trace);
        out_.flush_on(spdlog::level::trace);
    }
    void change(log_level threshold, log_format format) override {
        threshold_ = threshold;
        format_ = format;
    }

  protected:
    void line(log_level level, std::string_view event, std::span<const log_field> fields) override {
        if (level < threshold_) return;
        out_.log(spdlog::level::info, format_ == log_format::json ? json_line(level, event, fields) : text_line(level, event, fields));
    }

  private:
    std::atomic<log_level> threshold_;
    std::atomic<log_format> format_;
    spdlog::logger out_;
};

} // namespace

std::string_view to_string(log_level level) {
    switch (level) {
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warning: return "warning";
    case log_level::error: return "error";
    }
    return "error";
}

std::unique_ptr<adjustable_logger> make_stderr_logger(log_level threshold, log_format format) {
    return std::make_unique<stderr_logger>(threshold, format);
}

std::size_t capturing_logger::count(std::string_view event) const {
    return static_cast<std::size_t>(std::ranges::count(records, event, &log_record::event));
}

void capturing_logger::line(log_level level, std::string_view event, std::span<const log_field> fields) {
    log_record record{level, std::string(event), {}};
    for (const auto& f : fields) record.fields.emplace_back(f.key, f.value);
    records.push_back(std::move(record));
}

} // namespace berth
