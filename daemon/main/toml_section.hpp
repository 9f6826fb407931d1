// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/result.hpp"
#include "daemon/runtime/secret.hpp"

#include <toml++/toml.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace berth::config {

// Something wrong in a configuration file: said as "FILE:LINE: KEY: what is wrong; what is allowed".
struct problem {
    std::string file;
    unsigned line = 0; // 0: not tied to a line
    std::string key;   // "hub.listen"
    std::string message;
    std::string to_text() const;
};

// Where problems are gathered, so that one run names them all.
struct report {
    std::string file;
    std::vector<problem> problems;
    void add(unsigned line, std::string key, std::string message) {
        problems.push_back({file, line, std::move(key), std::move(message)});
    }
};

// One table of the file, read key by key: each reader checks type and range, and notes a problem otherwise (then the
// default is returned, so that reading goes on). `finish` notes every key that nobody has asked for.
class section {
  public:
    section(const toml::table& table, std::string path, report& to);

    bool has(std::string_view key) const;
    std::string text(std::string_view key, std::string otherwise);
    bool flag(std::string_view key, bool otherwise);
    std::int64_t integer(std::string_view key, std::int64_t otherwise, std::int64_t min, std::int64_t max);
    duration span(std::string_view key, duration otherwise, duration min);
    std::string one_of(std::string_view key, std::string otherwise, const std::vector<std::string>& allowed);
    // A text, a number or a truth value, as text; nothing when the key is not there.
    std::optional<std::string> scalar(std::string_view key);
    std::vector<std::string> texts(std::string_view key, std::vector<std::string> otherwise = {});
    std::map<std::string, std::string> text_map(std::string_view key);
    // KEY, KEY_file (mode 0600 or stricter) or KEY_env; empty when none is given. Two of them are a problem.
    secret hidden(std::string_view key);

    // The sub-table, if there; a problem when the key holds something else.
    std::optional<section> table(std::string_view key);
    // Tables of [[KEY]], or of [KEY.NAME] with their names.
    std::vector<section> tables(std::string_view key);
    std::vector<std::pair<std::string, section>> named_tables(std::string_view key);
    // All values of the table as they stand, marked as read.
    void each(const std::function<void(std::string_view key, const toml::node& value)>& use);

    void wrong(std::string_view key, std::string message); // notes a problem at the key's line
    void missing(std::string_view key, std::string remedy);
    void finish();

    unsigned line() const;
    const std::string& path() const { return path_; }

  private:
    const toml::node* find(std::string_view key);
    std::string full(std::string_view key) const;
    void wrong_type(std::string_view key, const toml::node& found, std::string_view wanted);

    const toml::table* table_;
    std::string path_;
    report* to_;
    std::set<std::string, std::less<>> read_;
};

} // namespace berth::config
