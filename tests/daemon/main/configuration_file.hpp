// SPDX-License-Identifier: BSD-3-Clause
// A configuration file of a test's own.
#pragma once

#include "daemon/main/configuration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace berth::config {

struct bad_row {
    std::string text;
    int line;
    std::string key, remedy;
};

class configuration_file : public testing::Test {
  protected:
    configuration_file()
        : file_(std::filesystem::temp_directory_path() /
                ("configuration_test_" + std::to_string(::getpid()) + ".toml")) {}
    ~configuration_file() override { std::filesystem::remove(file_); }

    auto read_text(const std::string& text) {
        std::ofstream(file_) << text;
        return read(file_.string());
    }
    // The first problem as it is told; "" when there is none.
    std::string first_problem(const std::string& text) {
        const auto c = read_text(text);
        return c ? "" : c.error().front().to_text();
    }
    void expect_problem(const bad_row& row) {
        const auto said = first_problem(row.text);
        const auto where = file_.string() + (row.line ? ":" + std::to_string(row.line) : "") + ": ";
        EXPECT_THAT(said, testing::HasSubstr(where + (row.key.empty() ? "" : row.key + ": "))) << row.text;
        EXPECT_THAT(said, testing::HasSubstr(row.remedy)) << row.text;
    }

    std::filesystem::path file_;
};

} // namespace berth::config
